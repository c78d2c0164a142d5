import type { NodeStore } from '../store/node-store.ts'
import { retryDelay } from './back-off.ts'
import type { NodeClient, Transport } from './node-client.ts'

/** Longest wait for the first snapshot over a line that opened. */
const firstSnapshotTimeoutMs = 10_000

/**
 * Keeps the store fed from the node for as long as the page lives: opens a line, copies every stream into the store,
 * and starts again with a growing delay when anything ends. What the store already holds stays.
 */
export class Connection {
  readonly #transport: Transport
  readonly #store: NodeStore
  readonly #window: Window
  #client: NodeClient | undefined
  #life: AbortController | undefined
  #wake: (() => void) | undefined

  constructor(components: { transport: Transport; store: NodeStore; window: Window }) {
    this.#transport = components.transport
    this.#store = components.store
    this.#window = components.window
  }

  start(): void {
    this.#life = new AbortController()
    this.#window.addEventListener('online', this.retryNow)
    this.#run(this.#life.signal)
  }

  stop(): void {
    this.#life?.abort()
    this.#window.removeEventListener('online', this.retryNow)
  }

  /** Cuts the present wait short, if there is one. */
  readonly retryNow = (): void => this.#wake?.()

  /** The client of the open line. Throws when there is none: actions are offered only while there is. */
  get client(): NodeClient {
    if (this.#client === undefined) throw new Error('expected a line to the node, but it is being reopened')
    return this.#client
  }

  async #run(signal: AbortSignal): Promise<void> {
    let failures = 0
    while (!signal.aborted) {
      const wasOnline = await this.#runLine(signal)
      if (signal.aborted) return
      failures = wasOnline ? 1 : failures + 1
      const delay = retryDelay(failures, Math.random())
      this.#store.getState().setLink({ kind: 'waiting', failures, nextTryAt: Date.now() + delay })
      await this.#sleep(delay, signal)
      this.#store.getState().setLink({ kind: 'connecting', failures })
    }
  }

  /** Resolves when the line ends, with whether it ever carried a snapshot. */
  async #runLine(signal: AbortSignal): Promise<boolean> {
    const lineLife = new AbortController()
    const stop = () => lineLife.abort()
    signal.addEventListener('abort', stop, { once: true })
    let online = false
    try {
      const line = await this.#transport.open(lineLife.signal)
      try {
        const silence = setTimeout(stop, firstSnapshotTimeoutMs)
        const onFirst = () => {
          clearTimeout(silence)
          online = true
          this.#client = line.client
          this.#store.getState().setLink({ kind: 'online' })
        }
        await Promise.race([line.closed, ...this.#watchAll(line.client, lineLife.signal, onFirst)])
        clearTimeout(silence)
      } finally {
        line.close()
      }
    } catch (error) {
      console.info('The line to the node ended; opening it again.', error)
    } finally {
      this.#client = undefined
      signal.removeEventListener('abort', stop)
      lineLife.abort()
    }
    return online
  }

  #watchAll(client: NodeClient, signal: AbortSignal, onFirst: () => void): Promise<void>[] {
    const store = this.#store.getState()
    store.restartLogs()
    const options = { signal }
    let first = true
    return [
      each(client.status.watch(undefined, options), status => {
        store.setStatus(status)
        if (first) onFirst()
        first = false
      }),
      each(client.network.watch(undefined, options), store.setTopology),
      each(client.jobs.watch(undefined, options), ({ jobs }) => store.setJobs(jobs)),
      each(client.logs.watch(undefined, options), store.addLogs),
      each(client.settings.watch(undefined, options), store.setSettings),
      each(client.membership.watch(undefined, options), store.setMembership),
      each(client.tunnel.watch(undefined, options), store.setTunnel),
      each(client.vpn.watch(undefined, options), store.setVpn),
      each(client.desktop.watch(undefined, options), store.setDesktop),
    ]
  }

  #sleep(delayMs: number, signal: AbortSignal): Promise<void> {
    return new Promise(resolve => {
      const done = () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', done)
        this.#wake = undefined
        resolve()
      }
      const timer = setTimeout(done, delayMs)
      signal.addEventListener('abort', done, { once: true })
      this.#wake = done
    })
  }
}

async function each<T>(stream: Promise<AsyncIterable<T>>, take: (value: T) => void): Promise<void> {
  for await (const value of await stream) take(value)
}
