import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { nextWord } from '../next-word.ts'
import type { RealChildInit, RealOrder, RealWord } from './real-words.ts'

const program = fileURLToPath(new URL('./real-child.ts', import.meta.url))

/** Real nodes in a process of their own. It ends when this process does. */
export class RealProcess {
  readonly seeds: string[]
  readonly #child: ChildProcess

  private constructor(child: ChildProcess, seeds: string[]) {
    this.#child = child
    this.seeds = seeds
  }

  /** Resolves once all its nodes have joined. */
  static async start(init: RealChildInit): Promise<RealProcess> {
    const child = fork(program, [JSON.stringify(init)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    const { seeds } = await nextWord<RealWord, 'ready'>(child, 'ready')
    return new RealProcess(child, seeds)
  }

  async ask<K extends RealWord['kind']>(order: RealOrder, kind: K): Promise<Extract<RealWord, { kind: K }>> {
    const answer = nextWord<RealWord, K>(this.#child, kind)
    this.#child.send(order)
    return await answer
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exited = once(this.#child, 'exit')
    this.#child.disconnect()
    await exited
  }
}
