import { type Milliseconds, millisecond, minute, second } from '../../shared/units.ts'
import type { Clock, StopTimer } from '../clock.ts'
import type { Startable } from '../lifecycle.ts'
import type { Logger } from '../log.ts'
import { closestOnNetwork } from './closest.ts'
import type { Host } from './host.ts'

/** kad-dht checks a new peer before it enters the table; until then a lookup has nobody to ask. */
const retryDelaysMs: readonly Milliseconds[] = [20, 40, 80, 160, 320, 640, 1_280].map(delay => delay * millisecond)
/** The table grows by itself as peers answer: newcomers right after a lookup are no reason for another one at once. */
const restBetweenLookupsMs = 10 * second
const walkIntervalMs = 1 * minute

export interface TableFillerComponents {
  host: Host
  clock: Clock
  log: Logger
}

/**
 * Fills the DHT's routing table: this node looks itself up as soon as it meets a DHT server, and a random key each
 * minute. kad-dht's own first self-lookup leaves the table at about two peers for five minutes.
 */
export class TableFiller implements Startable {
  readonly #components: TableFillerComponents
  #life = new AbortController()
  #topology: string | undefined
  #stopWalking: StopTimer | undefined
  #resting = false
  #stopRest: StopTimer | undefined
  #lookAgain = false

  constructor(components: TableFillerComponents) {
    this.#components = components
  }

  async start(): Promise<void> {
    const { host, clock } = this.#components
    this.#life = new AbortController()
    this.#resting = false
    this.#topology = await host.libp2p.register(host.protocols.kad, { onConnect: () => void this.#lookSelfUp() })
    this.#stopWalking = clock.every(walkIntervalMs, () => void this.#walk())
  }

  stop(): void {
    this.#life.abort()
    this.#stopWalking?.()
    this.#stopRest?.()
    if (this.#topology !== undefined) this.#components.host.libp2p.unregister(this.#topology)
  }

  /** Lookups for peers that come in quick succession are one now and one for the rest of them later. */
  async #lookSelfUp(): Promise<void> {
    if (this.#resting) {
      this.#lookAgain = true
      return
    }
    this.#resting = true
    this.#lookAgain = false
    await this.#lookUntilAnswered()
    if (this.#life.signal.aborted) return
    this.#stopRest = this.#components.clock.after(restBetweenLookupsMs, () => {
      this.#resting = false
      if (this.#lookAgain) void this.#lookSelfUp()
    })
  }

  async #lookUntilAnswered(): Promise<void> {
    for (const delayMs of retryDelaysMs) {
      if (this.#life.signal.aborted) return
      if ((await this.#closest(this.#components.host.peerId.toMultihash().bytes)) > 0) return
      await new Promise<void>(resolve => this.#components.clock.after(delayMs, resolve))
    }
  }

  async #walk(): Promise<void> {
    await this.#closest(crypto.getRandomValues(new Uint8Array(32)))
  }

  async #closest(key: Uint8Array): Promise<number> {
    try {
      return (await closestOnNetwork(this.#components.host, key, this.#life.signal)).length
    } catch (error) {
      this.#components.log.debug({ err: error }, 'a lookup to fill the routing table failed')
      return 0
    }
  }
}
