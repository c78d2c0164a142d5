import { type ChildProcess, spawn } from 'node:child_process'
import { second } from '../../../shared/units.ts'
import type { Logger } from '../../log.ts'
import { LineReader } from './line-reader.ts'
import type { SidecarNote } from './sidecar-note.ts'

const graceMs = 5 * second
const keptLines = 20

const inheritedVariables = ['PATH', 'SystemRoot', 'windir', 'TEMP', 'TMP', 'TMPDIR', 'LANG', 'LC_ALL', 'TZ']

/** What an operating system needs to run a program; tokens and settings of the node are none of a sidecar's business. */
export function sidecarEnvironment(): Record<string, string> {
  const inherited = inheritedVariables.flatMap(name => {
    const value = process.env[name]
    return value === undefined ? [] : [[name, value] as const]
  })
  return Object.fromEntries(inherited)
}

export interface SidecarExit {
  /** Null where a signal ended it, or it could not be started. */
  code: number | null
  /** What it said last, newest last. */
  lastLines: readonly string[]
}

export interface SidecarComponents {
  note: SidecarNote
  log: Logger
}

export interface SidecarInit {
  program: string
  /** Everybody on this machine may read these: never a secret. */
  args: readonly string[]
  cwd: string
  env?: Readonly<Record<string, string>>
  /** Each line that it says, on standard output or standard error. */
  onLine(line: string): void
  onExit(exit: SidecarExit): void
}

/** A program that runs beside the node. It is ended with the node, at the latest when the node starts again. */
export class SidecarProcess {
  readonly #child: ChildProcess
  readonly #note: SidecarNote
  readonly #exited: Promise<void>

  constructor({ note, log }: SidecarComponents, { program, args, cwd, env = {}, onLine, onExit }: SidecarInit) {
    this.#note = note
    this.#child = spawn(program, [...args], {
      cwd,
      env: { ...sidecarEnvironment(), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      windowsHide: true,
    })
    const lastLines: string[] = []
    const hear = (line: string) => {
      lastLines.push(line)
      if (lastLines.length > keptLines) lastLines.shift()
      onLine(line)
    }
    for (const output of [this.#child.stdout, this.#child.stderr]) {
      const reader = new LineReader(hear)
      output?.on('data', (chunk: Buffer) => reader.take(chunk))
      output?.on('end', () => reader.end())
    }
    this.#exited = new Promise(resolve => {
      const ended = (code: number | null) => {
        void this.#note.remove().catch(error => log.warn({ err: error }, 'the note of a program could not be removed'))
        resolve()
        onExit({ code, lastLines })
      }
      // Not 'exit': the last lines, which say why, may come after it.
      this.#child.once('close', code => ended(code))
      this.#child.once('error', error => {
        lastLines.push(error.message)
        if (this.#child.pid === undefined) ended(null)
      })
    })
    if (this.#child.pid !== undefined) {
      note.write(this.#child.pid).catch(error => log.warn({ err: error }, 'a program could not be noted down'))
    }
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name)
  }

  /** Asks it to end, and makes it after 5 s; resolves when it has. */
  async stop(): Promise<void> {
    this.#child.kill('SIGTERM')
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), graceMs)
    await this.#exited
    clearTimeout(timer)
  }
}
