import { type ChildProcess, fork } from 'node:child_process'
import { constants, setPriority } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { Logger } from '../log.ts'
import {
  type EngineEntries,
  type EngineExit,
  type EngineLauncher,
  type EngineProcess,
  engineEntryUrl,
} from './engine-launcher.ts'
import { onLines } from './error-lines.ts'

/** What an operating system needs to run a program; tokens and settings of the node are none of an engine's business. */
const inheritedVariables = ['PATH', 'SystemRoot', 'windir', 'TEMP', 'TMP', 'TMPDIR', 'LANG', 'LC_ALL', 'TZ']

/** Environment of an engine process: only what it needs, and one thread for libraries that would take every core. */
export function engineEnvironment(environment: NodeJS.ProcessEnv): Record<string, string> {
  const kept = inheritedVariables.flatMap(name => {
    const value = environment[name]
    return value === undefined ? [] : [[name, value] as const]
  })
  return { ...Object.fromEntries(kept), OMP_THREAD_LIMIT: '1', VIPS_CONCURRENCY: '1', MALLOC_ARENA_MAX: '2' }
}

export interface ForkLauncherInit {
  entries: EngineEntries
  log: Logger
}

/** Starts engines as forked Node processes at low priority. */
export function createForkLauncher({ entries, log }: ForkLauncherInit): EngineLauncher {
  return entry => {
    const child = fork(fileURLToPath(engineEntryUrl(entries, entry)), [], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: engineEnvironment(process.env),
      execArgv: [],
    })
    if (child.pid !== undefined) lowerPriority(child.pid, log)
    return new ForkedEngine(child, log.child({ engine: entry, pid: child.pid }))
  }
}

function lowerPriority(pid: number, log: Logger): void {
  try {
    setPriority(pid, constants.priority.PRIORITY_LOW)
  } catch (error) {
    log.warn({ pid, err: error }, 'the priority of an engine could not be lowered')
  }
}

class ForkedEngine implements EngineProcess {
  readonly #child: ChildProcess
  readonly #exited: Promise<EngineExit>

  constructor(child: ChildProcess, log: Logger) {
    this.#child = child
    this.#exited = new Promise(resolve => {
      // Not 'exit': the last lines on standard error, which say why, may come after it.
      child.once('close', (code, signal) => resolve({ code, signal }))
      child.on('error', error => {
        log.warn({ err: error }, 'an engine process reported an error')
        if (child.pid === undefined) resolve({ code: null, signal: null })
      })
    })
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  postMessage(value: unknown): void {
    if (!this.#child.connected) return
    // A process that dies while it is being written to is reported by its exit; the failed write adds nothing.
    this.#child.send(value as object, () => undefined)
  }

  onMessage(listener: (value: unknown) => void): void {
    this.#child.on('message', listener)
  }

  onExit(listener: (exit: EngineExit) => void): void {
    void this.#exited.then(listener)
  }

  onErrorLine(listener: (line: string) => void): void {
    // Neither null nor a stream, whatever its type says, where Node was out of files before it could start the process.
    const stderr = this.#child.stderr ?? null
    if (stderr !== null) onLines(stderr, listener)
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }
}
