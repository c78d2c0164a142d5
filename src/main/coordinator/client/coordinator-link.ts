import type { PeerId } from '@libp2p/interface'
import type { VerifiedSeed } from '../../../shared/membership/seed-envelope.ts'
import type { SourceTry } from '../../../shared/schema/diagnosis.ts'
import type { PeerIdText } from '../../../shared/schema/primitives.ts'
import { type Milliseconds, minute, second } from '../../../shared/units.ts'
import type { Clock, StopTimer } from '../../clock.ts'
import { Dialer } from '../../dht/dialer.ts'
import type { Host } from '../../dht/host.ts'
import { type JoinState, notJoined } from '../../dht/join-state.ts'
import { retryDelay } from '../../dht/retry-delay.ts'
import type { SeedCache } from '../../dht/seed-cache.ts'
import { apiUrlOf, type SeedFetcher } from '../../dht/seed-fetcher.ts'
import type { Startable } from '../../lifecycle.ts'
import { LiveValue } from '../../live-value.ts'
import type { Logger } from '../../log.ts'

const tryTimeoutMs = 15 * second
/** A connection that lasted less has failed as well: a coordinator that hangs up each time is not to be asked on and on. */
const soundAfterMs = 1 * minute

/** The coordinator a node holds on to. */
export interface LinkedCoordinator {
  /** What the paths of its HTTP API come after. */
  url: string
  peerId: PeerIdText
  /** Multiaddrs with the peer id. */
  addresses: string[]
}

export interface CoordinatorLinkComponents {
  host: Host
  fetcher: Pick<SeedFetcher, 'fetch'>
  cache: Pick<SeedCache, 'keep'>
  clock: Clock
  log: Logger
}

/**
 * Keeps a connection to one coordinator, for a node that takes no part in the DHT: it is asked, and reached, through that
 * one. When the connection ends the next coordinator is tried.
 */
export class CoordinatorLink implements Startable {
  /** Undefined while there is no connection. */
  readonly coordinator = new LiveValue<LinkedCoordinator | undefined>(undefined)
  readonly state = new LiveValue<JoinState>(notJoined)
  readonly #parts: CoordinatorLinkComponents
  readonly #urls: readonly string[]
  readonly #dialer: Dialer
  #life = new AbortController()
  #stopRetry: StopTimer | undefined
  #trying = false
  #failures = 0
  /** By `Clock.steady`. */
  #linkedAt: Milliseconds = 0

  /** `urls`: coordinators in the order of preference; at least one. */
  constructor(components: CoordinatorLinkComponents, { urls }: { urls: readonly string[] }) {
    this.#parts = components
    this.#urls = urls
    this.#dialer = new Dialer({ libp2p: components.host.libp2p, log: components.log })
  }

  start(): void {
    this.#life = new AbortController()
    this.#failures = 0
    this.#parts.host.libp2p.addEventListener('peer:disconnect', this.#onDisconnect)
    void this.#connect()
  }

  stop(): void {
    this.#parts.host.libp2p.removeEventListener('peer:disconnect', this.#onDisconnect)
    this.#life.abort()
    this.#stopRetry?.()
    this.coordinator.set(undefined)
    this.state.set(notJoined)
  }

  async #connect(): Promise<void> {
    if (this.#trying || this.#life.signal.aborted) return
    this.#trying = true
    this.#stopRetry?.()
    const tried: SourceTry[] = []
    for (const url of this.#urls) {
      const linked = await this.#tryOne(url, tried)
      if (linked === undefined) continue
      this.#linkedAt = this.#parts.clock.steady()
      this.coordinator.set(linked)
      break
    }
    this.#trying = false
    if (this.#life.signal.aborted) return
    this.state.set({ peers: this.#peers, tried })
    if (this.coordinator.get() === undefined) this.#retryLater(tried)
  }

  async #tryOne(url: string, tried: SourceTry[]): Promise<LinkedCoordinator | undefined> {
    const { fetcher, cache, log } = this.#parts
    const signal = AbortSignal.any([this.#life.signal, AbortSignal.timeout(tryTimeoutMs)])
    try {
      const seeds = await fetcher.fetch(url, signal)
      await cache.keep(seeds)
      // A coordinator names itself first.
      const linked = linkOf(url, seeds[0])
      const reached = linked === undefined ? 0 : await this.#dialer.dialAll(linked.addresses, 1, signal)
      tried.push({ source: url, offered: seeds.length, reached })
      return reached > 0 ? linked : undefined
    } catch (error) {
      if (this.#life.signal.aborted) return undefined
      log.debug({ coordinator: url, err: error }, 'a coordinator was not reached')
      tried.push({ source: url, offered: 0, reached: 0, failure: String(error) })
      return undefined
    }
  }

  #retryLater(tried: SourceTry[]): void {
    this.#failures++
    const delayMs: Milliseconds = retryDelay(this.#failures, Math.random())
    this.#stopRetry = this.#parts.clock.after(delayMs, () => void this.#connect())
    this.state.set({ peers: this.#peers, tried, nextTryAt: this.#parts.clock.now() + delayMs })
  }

  readonly #onDisconnect = ({ detail }: CustomEvent<PeerId>): void => {
    if (detail.toString() !== this.coordinator.get()?.peerId) return
    this.#parts.log.info({ coordinator: detail.toString() }, 'the connection to the coordinator ended')
    this.coordinator.set(undefined)
    this.state.update(state => ({ ...state, peers: this.#peers }))
    if (this.#parts.clock.steady() - this.#linkedAt < soundAfterMs) this.#retryLater(this.state.get().tried)
    else {
      this.#failures = 0
      void this.#connect()
    }
  }

  get #peers(): number {
    return this.#parts.host.libp2p.getPeers().length
  }
}

function linkOf(url: string, seed: VerifiedSeed | undefined): LinkedCoordinator | undefined {
  if (seed === undefined) return undefined
  return { url: apiUrlOf(url), peerId: seed.seed.node_id, addresses: seed.seed.multiaddrs }
}
