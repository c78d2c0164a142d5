import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { nextWord } from '../next-word.ts'
import type { NodePlace, RoutingChildInit, RoutingOrder, RoutingWord } from './routing-words.ts'

const program = fileURLToPath(new URL('./routing-child.ts', import.meta.url))

/** A node in a process of its own. It ends when this process does. */
export class RoutingProcess implements NodePlace {
  readonly peerId: string
  readonly addresses: string[]
  /** Its loopback listener. */
  readonly url: string
  /** A plain HTTP server in the same process, which echoes. */
  readonly plainUrl: string
  readonly #child: ChildProcess

  private constructor(child: ChildProcess, { peerId, addresses, url, plainUrl }: RoutingWord & { kind: 'ready' }) {
    this.#child = child
    this.peerId = peerId
    this.addresses = addresses
    this.url = url
    this.plainUrl = plainUrl
  }

  static async start(init: RoutingChildInit): Promise<RoutingProcess> {
    const child = fork(program, [JSON.stringify(init)], {
      execArgv: ['--expose-gc'],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    return new RoutingProcess(child, await nextWord<RoutingWord, 'ready'>(child, 'ready'))
  }

  hold(hold: boolean): void {
    this.#tell({ kind: 'hold', hold })
  }

  /** Resolves when a job has begun that will not end. */
  async begun(): Promise<void> {
    await nextWord<RoutingWord, 'begun'>(this.#child, 'begun')
  }

  /** Memory in MiB; from here on the highest is kept. */
  async markRss(): Promise<number> {
    this.#tell({ kind: 'mark-rss' })
    return (await nextWord<RoutingWord, 'rss'>(this.#child, 'rss')).mib
  }

  async highestRss(): Promise<number> {
    this.#tell({ kind: 'highest-rss' })
    return (await nextWord<RoutingWord, 'rss'>(this.#child, 'rss')).mib
  }

  /** Ends it as a power cut would; returns once the signal is sent. */
  kill(): void {
    this.#child.kill('SIGKILL')
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exited = once(this.#child, 'exit')
    this.kill()
    await exited
  }

  #tell(order: RoutingOrder): void {
    this.#child.send(order)
  }
}
