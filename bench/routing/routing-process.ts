import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Site } from '../../e2e/support/site.ts'
import type { PathKind } from '../../src/shared/schema/primitives.ts'
import { nextWord } from '../next-word.ts'
import type { NodePlace, RoutingChildInit, RoutingOrder, RoutingWord } from './routing-words.ts'

const program = fileURLToPath(new URL('./routing-child.ts', import.meta.url))

export interface RoutingMachine extends Partial<Pick<Site, 'command'>> {
  env?: NodeJS.ProcessEnv
}

const asItIs: Site['command'] = (file, args) => [file, [...args]]

/** A node in a process of its own. It ends when this process does. */
export class RoutingProcess implements NodePlace {
  readonly peerId: string
  readonly addresses: string[]
  /** Its loopback listener. */
  readonly url: string
  /** A plain HTTP server in the same process, which echoes. */
  readonly plainUrl: string
  /** Where a tunnel would lead. */
  readonly doorUrl: string
  readonly #child: ChildProcess

  private constructor(
    child: ChildProcess,
    { peerId, addresses, url, plainUrl, doorUrl }: RoutingWord & { kind: 'ready' },
  ) {
    this.#child = child
    this.peerId = peerId
    this.addresses = addresses
    this.url = url
    this.plainUrl = plainUrl
    this.doorUrl = doorUrl
  }

  /** @param machine where it runs. Default: beside this process */
  static async start(init: RoutingChildInit, { command, env }: RoutingMachine = {}): Promise<RoutingProcess> {
    const [file, args] = (command ?? asItIs)(process.execPath, ['--expose-gc', program, JSON.stringify(init)])
    const child = spawn(file, args, {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: { ...process.env, ...env },
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

  /** How long each of so many requests of this node to `worker` takes, and the ways they went. */
  async ask(worker: NodePlace, requests: number): Promise<{ times: number[]; paths: PathKind[] }> {
    this.#tell({ kind: 'ask', worker, requests })
    return nextWord<RoutingWord, 'asked'>(this.#child, 'asked')
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
