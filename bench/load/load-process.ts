import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { LoadChildInit, LoadFigures, LoadOrder, LoadWord, Stalls } from './load-words.ts'

const program = fileURLToPath(new URL('./load-child.ts', import.meta.url))

/** Workers in a process of their own. It ends when this process does. */
export class LoadProcess {
  readonly #child: ChildProcess

  private constructor(child: ChildProcess) {
    this.#child = child
  }

  /** Resolves once all its workers have joined and announced themselves. */
  static async start(init: LoadChildInit): Promise<LoadProcess> {
    const child = fork(program, [JSON.stringify(init)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    const started = new LoadProcess(child)
    await started.#hear('ready')
    return started
  }

  /** Resolves once the process has little to do, or after a minute. */
  async settle(): Promise<void> {
    await this.#ask({ kind: 'settle' }, 'done')
  }

  async beginMeasuring(): Promise<void> {
    await this.#ask({ kind: 'begin-measuring' }, 'done')
  }

  async stall(stalls: Stalls): Promise<void> {
    await this.#ask({ kind: 'stall', ...stalls }, 'done')
  }

  async figures(): Promise<LoadFigures> {
    return await this.#ask({ kind: 'figures' }, 'figures')
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exited = once(this.#child, 'exit')
    this.#child.disconnect()
    await exited
  }

  #ask<K extends LoadWord['kind']>(order: LoadOrder, kind: K): Promise<LoadWord & { kind: K }> {
    const answer = this.#hear(kind)
    this.#child.send(order)
    return answer
  }

  #hear<K extends LoadWord['kind']>(kind: K): Promise<LoadWord & { kind: K }> {
    const child = this.#child
    return new Promise((resolve, reject) => {
      const ended = () => reject(new Error(`a process of workers ended while it was to say ${kind}`))
      const listen = (word: LoadWord) => {
        if (word.kind !== kind) return
        child.off('message', listen)
        child.off('exit', ended)
        resolve(word as LoadWord & { kind: K })
      }
      child.on('message', listen)
      child.once('exit', ended)
    })
  }
}
