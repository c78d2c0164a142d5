import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { nextWord } from '../next-word.ts'
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
    await nextWord<LoadWord, 'ready'>(child, 'ready')
    return new LoadProcess(child)
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

  #ask<K extends LoadWord['kind']>(order: LoadOrder, kind: K): Promise<Extract<LoadWord, { kind: K }>> {
    const answer = nextWord<LoadWord, K>(this.#child, kind)
    this.#child.send(order)
    return answer
  }
}
