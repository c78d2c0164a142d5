import { constants, setPriority } from 'node:os'
import { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import type { Milliseconds } from '../../shared/units.ts'
import type { Logger } from '../log.ts'
import {
  type EngineEntries,
  type EngineExit,
  type EngineLauncher,
  type EngineProcess,
  engineEntryUrl,
} from '../services/engine-launcher.ts'
import { onLines } from '../services/error-lines.ts'
import { engineEnvironment } from '../services/fork-launcher.ts'
import type { ElectronApi, ElectronUtilityProcess } from './electron-api.ts'

const lastLinesMs: Milliseconds = 500

export interface UtilityLauncherComponents {
  utilityProcess: ElectronApi['utilityProcess']
  log: Logger
}

/**
 * Starts engines as Electron utility processes at low priority: forking Node is not possible in an app whose
 * `RunAsNode` fuse is off.
 */
export function createUtilityLauncher(
  { utilityProcess, log }: UtilityLauncherComponents,
  { entries, environment }: { entries: EngineEntries; environment: NodeJS.ProcessEnv },
): EngineLauncher {
  return entry =>
    new UtilityEngine(
      utilityProcess.fork(fileURLToPath(engineEntryUrl(entries, entry)), [], {
        serviceName: `RMA Donor ${entry}`,
        stdio: ['ignore', 'ignore', 'pipe'],
        env: engineEnvironment(environment),
      }),
      log.child({ engine: entry }),
    )
}

class UtilityEngine implements EngineProcess {
  readonly #process: ElectronUtilityProcess
  readonly #exited: Promise<EngineExit>
  #running = true

  constructor(utilityProcess: ElectronUtilityProcess, log: Logger) {
    this.#process = utilityProcess
    utilityProcess.on('spawn', () => lowerPriority(utilityProcess.pid, log))
    this.#exited = new Promise(resolve => {
      utilityProcess.on('exit', code => {
        this.#running = false
        void lastLines(utilityProcess.stderr).then(() => resolve({ code, signal: null }))
      })
    })
  }

  get pid(): number | undefined {
    return this.#process.pid
  }

  postMessage(value: unknown): void {
    if (this.#running) this.#process.postMessage(value)
  }

  onMessage(listener: (value: unknown) => void): void {
    this.#process.on('message', listener)
  }

  onExit(listener: (exit: EngineExit) => void): void {
    void this.#exited.then(listener)
  }

  onErrorLine(listener: (line: string) => void): void {
    const { stderr } = this.#process
    if (stderr instanceof Readable) onLines(stderr, listener)
  }

  /** Electron's own `kill` asks politely, which an engine deep in native code does not hear. */
  kill(): void {
    if (!this.#running) return
    const { pid } = this.#process
    if (pid === undefined) this.#process.kill()
    else killAtOnce(pid)
  }
}

/** What a process said last, which is why it ended, may come after its exit. */
async function lastLines(stderr: NodeJS.ReadableStream | null): Promise<void> {
  if (stderr === null) return
  // Where the stream does not end with its process, this much has to do.
  await finished(stderr, { signal: AbortSignal.timeout(lastLinesMs) }).catch(() => undefined)
}

function killAtOnce(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    // It ended by itself a moment ago.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

function lowerPriority(pid: number | undefined, log: Logger): void {
  if (pid === undefined) return
  try {
    setPriority(pid, constants.priority.PRIORITY_LOW)
  } catch (error) {
    log.warn({ pid, err: error }, 'the priority of an engine could not be lowered')
  }
}
