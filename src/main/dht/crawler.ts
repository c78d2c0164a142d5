import type { PeerId } from '@libp2p/interface'
import type { PeerIdText } from '../../shared/schema/primitives.ts'
import { type Milliseconds, minute, second } from '../../shared/units.ts'
import type { Clock, StopTimer } from '../clock.ts'
import { weightedSample } from '../directory/sample.ts'
import { keepLatest } from '../keep-latest.ts'
import type { Startable } from '../lifecycle.ts'
import type { Logger } from '../log.ts'
import { type CrawlBudget, crawl, crawlBudget } from './crawl.ts'
import type { Hearsay } from './hearsay.ts'
import type { Host } from './host.ts'
import { type Heard, Neighbours } from './neighbours.ts'
import { forgetAfterMs, type Link } from './topology.ts'

const watchedIntervalMs = minute
const unwatchedIntervalMs = 5 * minute
/** A new peer is asked once it has met its own peers. */
const afterConnectMs = 2 * second
/** Answers remembered: those of two crawls. */
const maxAnswers = 2 * crawlBudget.peers

export interface CrawlerComponents {
  host: Host
  /** The open connections of this node. */
  links(): Link[]
  /** Whether somebody looks at the result. */
  watched(): boolean
  /** Called after each answer. */
  onHeard(): void
  clock: Clock
  log: Logger
}

/**
 * Asks connected peers who they are connected with, each minute while somebody looks and each five minutes otherwise, and
 * answers the same question.
 */
export class Crawler implements Startable {
  readonly #components: CrawlerComponents
  readonly #budget: CrawlBudget
  readonly #neighbours: Neighbours
  readonly #answers = new Map<PeerIdText, Hearsay>()
  #life = new AbortController()
  /** By `Clock.steady`. */
  #crawledAt = Number.NEGATIVE_INFINITY
  #crawling = false
  #stopTimer: StopTimer | undefined
  #stopSoon: StopTimer | undefined

  constructor(components: CrawlerComponents, budget: CrawlBudget = crawlBudget) {
    this.#components = components
    this.#budget = budget
    this.#neighbours = new Neighbours(components)
  }

  /** What was heard within the last five minutes. */
  get hearsay(): Hearsay[] {
    return [...this.#answers.values()]
  }

  async start(): Promise<void> {
    const { host, clock } = this.#components
    this.#life = new AbortController()
    await this.#neighbours.start()
    host.libp2p.addEventListener('peer:connect', this.#onConnect)
    this.#stopTimer = clock.every(watchedIntervalMs, () => {
      if (this.#dueInMs() === 0) void this.#crawl()
    })
  }

  async stop(): Promise<void> {
    this.#life.abort()
    this.#components.host.libp2p.removeEventListener('peer:connect', this.#onConnect)
    this.#stopTimer?.()
    this.#stopSoon?.()
    this.#stopSoon = undefined
    this.#answers.clear()
    await this.#neighbours.stop()
  }

  readonly #onConnect = (): void => {
    this.#stopSoon ??= this.#components.clock.after(Math.max(afterConnectMs, this.#dueInMs()), () => {
      this.#stopSoon = undefined
      void this.#crawl()
    })
  }

  #dueInMs(): Milliseconds {
    const { clock, watched } = this.#components
    const intervalMs = watched() ? watchedIntervalMs : unwatchedIntervalMs
    return Math.max(0, this.#crawledAt + intervalMs - clock.steady())
  }

  async #crawl(): Promise<void> {
    if (this.#crawling || this.#life.signal.aborted) return
    this.#crawling = true
    const { host, clock, log } = this.#components
    this.#crawledAt = clock.steady()
    this.#forgetOld()
    const peers = weightedSample(host.libp2p.getPeers(), this.#budget.peers, () => 1, Math.random)
    const components = {
      ask: (peer: PeerId, signal: AbortSignal) => this.#neighbours.ask(peer, signal),
      onHeard: (peer: PeerId, heard: Heard) => this.#note(peer.toString(), heard),
      onFailed: (peer: PeerId, error: unknown) =>
        log.debug({ peer: peer.toString(), err: error }, 'a peer did not name its neighbours'),
    }
    await crawl(components, peers, this.#budget, this.#life.signal)
    this.#crawling = false
  }

  #note(from: PeerIdText, { neighbours }: Heard): void {
    if (this.#life.signal.aborted) return
    keepLatest(this.#answers, from, { from, neighbours, heardAt: this.#components.clock.now() }, maxAnswers)
    this.#components.onHeard()
  }

  #forgetOld(): void {
    const now = this.#components.clock.now()
    for (const { from, heardAt } of this.#answers.values()) {
      if (heardAt <= now - forgetAfterMs) this.#answers.delete(from)
    }
  }
}
