import { existsSync, writeFileSync } from 'node:fs'
import { isMainThread, Worker, workerData } from 'node:worker_threads'
import { openEnginePort } from './engine-port.ts'
import type { DocumentFault, EngineCommand, EngineInput, EngineReport } from './engine-protocol.ts'
import { type MemoryWatchInit, watchMemory } from './memory-watch.ts'

/** An engine inside its own process. It is handed one job at a time. */
export interface Engine {
  /**
   * Handles one document and resolves with the result.
   *
   * @param emit hands over a part of the result as soon as it is there
   * @throws {@link RefusedDocument} when the fault is the document's
   */
  run(input: EngineInput, emit: (part: unknown) => void): Promise<unknown>
}

/** The document cannot be handled. The message and details describe it without quoting it. */
export class RefusedDocument extends Error {
  override readonly name = 'RefusedDocument'
  readonly code: DocumentFault
  readonly details: Record<string, number | string>

  constructor(code: DocumentFault, message: string, details: Record<string, number | string> = {}) {
    super(message)
    this.code = code
    this.details = details
  }
}

/**
 * Turns this process into the engine that `create` makes: waits for the node's orders, reports to it, and dies with it.
 * The same entry, loaded again as a worker thread, is the memory watch.
 *
 * @param entryUrl `import.meta.url` of the process's main module, which does nothing but call this
 * @param create loads the engine; only the main thread calls it
 */
export function serveEngine(entryUrl: string, create: () => Promise<Engine>): void {
  if (isMainThread) serve(entryUrl, create)
  else watchMemory(workerData as MemoryWatchInit)
}

function serve(entryUrl: string, create: () => Promise<Engine>): void {
  const port = openEnginePort()
  const report = (message: EngineReport) => port.post(message)
  let engine: Engine | undefined

  leaveNoDump()
  process.on('uncaughtException', error => {
    report(describeFailure(error))
    setImmediate(() => process.exit(1))
  })
  port.onClose(() => process.exit(0))
  port.onMessage(async message => {
    const command = message as EngineCommand // from the node that started this process, which it trusts
    if (command.kind === 'start') {
      const watch: MemoryWatchInit = { memoryMiB: command.memoryMiB, parentPid: process.ppid }
      new Worker(new URL(entryUrl), { workerData: watch })
      engine = await create()
      report({ kind: 'ready' })
    } else if (engine) {
      await runJob(engine, command, report)
    }
  })
}

async function runJob(
  engine: Engine,
  { job, input }: Extract<EngineCommand, { kind: 'run' }>,
  report: (message: EngineReport) => void,
): Promise<void> {
  const before = process.cpuUsage()
  const cpuMs = () => {
    const { user, system } = process.cpuUsage(before)
    return (user + system) / 1_000
  }
  try {
    const result = await engine.run(input, part => report({ kind: 'part', job, part }))
    report({ kind: 'done', job, result, cpuMs: cpuMs() })
  } catch (error) {
    if (error instanceof RefusedDocument) {
      const { code, message, details } = error
      report({ kind: 'refused', job, cpuMs: cpuMs(), code, message, details })
    } else {
      report(describeFailure(error, job))
    }
  }
}

/** What may be told of an unexpected error: messages are left out, since parsers quote what they choke on. */
function describeFailure(error: unknown, job?: number): EngineReport {
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  return {
    kind: 'threw',
    ...(job === undefined ? {} : { job }),
    error: (error instanceof Error ? error.name : typeof error).slice(0, 100),
    frames: stack
      .split('\n')
      .filter(line => /^\s+at /.test(line))
      .slice(0, 10)
      .map(line => line.trim().slice(0, 300)),
  }
}

/** Tells Linux to leave this process's memory, and so the document in it, out of core dumps. */
function leaveNoDump(): void {
  const filter = '/proc/self/coredump_filter'
  if (existsSync(filter)) writeFileSync(filter, '0')
}
