import { type ChildProcess, fork } from 'node:child_process'
import { EventEmitter } from 'node:events'
import type { ForkOptions } from 'electron'
import type { ElectronUtilityProcess } from '../electron-api.ts'

/** What Electron gives a utility process and Node does not. */
const parentPort = new URL('./parent-port.ts', import.meta.url)

/** Runs the module of a utility process in a real child process of Node. */
export class StandInUtilityProcess extends EventEmitter implements ElectronUtilityProcess {
  readonly #child: ChildProcess
  readonly options: ForkOptions

  constructor(modulePath: string, args: string[], options: ForkOptions) {
    super()
    this.options = options
    this.#child = fork(modulePath, args, {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: { ...options.env },
      execArgv: ['--import', parentPort.href],
    })
    this.#child.once('spawn', () => this.emit('spawn'))
    this.#child.on('message', message => this.emit('message', message))
    this.#child.once('exit', (code, signal) => this.emit('exit', code ?? (signal === null ? 0 : 1)))
  }

  get pid(): number | undefined {
    return this.#child.exitCode === null && this.#child.signalCode === null ? this.#child.pid : undefined
  }

  get stderr(): NodeJS.ReadableStream | null {
    return this.#child.stderr
  }

  postMessage(message: unknown): void {
    if (this.#child.connected) this.#child.send(message as object, () => undefined)
  }

  kill(): boolean {
    return this.#child.kill()
  }
}
