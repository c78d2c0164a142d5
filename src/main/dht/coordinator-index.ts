import type { CoordinatorView } from '../../shared/schema/coordinators.ts'
import type { PeerIdText } from '../../shared/schema/primitives.ts'
import type { WorkerView } from '../../shared/schema/worker.ts'
import { type Milliseconds, minute, second } from '../../shared/units.ts'
import type { Clock, StopTimer } from '../clock.ts'
import type { Startable } from '../lifecycle.ts'
import { LiveValue } from '../live-value.ts'
import type { Logger } from '../log.ts'
import { Dialer } from './dialer.ts'
import type { Host } from './host.ts'
import { readPeerId } from './peer-ids.ts'
import type { SeedCache } from './seed-cache.ts'

const refreshEveryMs = 5 * minute
/** A node that has just met somebody waits this long for others to have answered too. */
const afterConnectMs = 2 * second
/** New peers may be coordinators, but are not asked about more often than this. */
const atMostEveryMs = 10 * second
/** Who has not found a name in the list may look again, but no more often than this for all together. */
const lookAgainAfterMs = 2 * second
const mostKept = 64
/** Coordinators measured in one round: enough to find the near ones, without a connection to each. */
const measuredAtOnce = 8
const pingTimeoutMs = 5 * second

export interface CoordinatorIndexComponents {
  host: Host
  /** Asks the directory for the records of coordinators. */
  find(options: { limit: number; signal: AbortSignal }): Promise<WorkerView[]>
  /** Coordinators heard of over HTTP. */
  seeds: Pick<SeedCache, 'seeds'>
  clock: Clock
  log: Logger
}

/** Which coordinators there are, where they stand, and how near they are by the time a ping takes. */
export class CoordinatorIndex implements Startable {
  /** Nearest first; those not measured last. */
  readonly coordinators = new LiveValue<CoordinatorView[]>([])
  readonly #parts: CoordinatorIndexComponents
  readonly #dialer: Dialer
  readonly #rtts = new Map<PeerIdText, Milliseconds>()
  #life = new AbortController()
  #stops: StopTimer[] = []
  #stopSoon: StopTimer | undefined
  #refreshing = false
  /** By `Clock.steady`, as is that of the last look. */
  #refreshedAt = Number.NEGATIVE_INFINITY
  #look: { at: number; done: Promise<void> } | undefined

  constructor(components: CoordinatorIndexComponents) {
    this.#parts = components
    this.#dialer = new Dialer({ libp2p: components.host.libp2p, log: components.log })
  }

  start(): void {
    const { clock, host } = this.#parts
    this.#life = new AbortController()
    this.#stops = [clock.every(refreshEveryMs, () => void this.refresh())]
    host.libp2p.addEventListener('peer:connect', this.#onConnect)
  }

  stop(): void {
    this.#life.abort()
    for (const stop of this.#stops) stop()
    this.#stopSoon?.()
    this.#stopSoon = undefined
    this.#parts.host.libp2p.removeEventListener('peer:connect', this.#onConnect)
    this.#rtts.clear()
    this.#look = undefined
    this.coordinators.set([])
  }

  /** Nearest first. `location`: those there before all others. This node is not among them. */
  nearest(location?: string): CoordinatorView[] {
    const all = this.coordinators.get()
    if (location === undefined) return all
    return [...all.filter(each => each.location === location), ...all.filter(each => each.location !== location)]
  }

  /** Looks for coordinators that are new, without measuring them. Never rejects. */
  async lookAgain(): Promise<void> {
    const { clock, log } = this.#parts
    const { signal } = this.#life
    if (signal.aborted) return
    const now = clock.steady()
    if (this.#look === undefined || now - this.#look.at >= lookAgainAfterMs) {
      const done = this.#known(signal)
        .then(known => {
          if (!signal.aborted) this.#publish(known)
        })
        .catch(error => log.debug({ err: error }, 'coordinators could not be looked up'))
      this.#look = { at: now, done }
    }
    await this.#look.done
  }

  /** Looks for coordinators and measures those that are new. */
  async refresh(): Promise<void> {
    const { signal } = this.#life
    if (this.#refreshing || signal.aborted) return
    this.#refreshing = true
    this.#refreshedAt = this.#parts.clock.steady()
    try {
      const known = await this.#known(signal)
      signal.throwIfAborted()
      this.#publish(known)
      const unmeasured = known.filter(({ peerId }) => !this.#rtts.has(peerId)).slice(0, measuredAtOnce)
      await Promise.all(unmeasured.map(coordinator => this.#measure(coordinator, signal)))
      if (!signal.aborted) this.#publish(known)
    } catch (error) {
      if (!signal.aborted) this.#parts.log.debug({ err: error }, 'coordinators could not be looked up')
    } finally {
      this.#refreshing = false
    }
  }

  readonly #onConnect = (): void => {
    const sinceLastMs = this.#parts.clock.steady() - this.#refreshedAt
    const delayMs = Math.max(afterConnectMs, atMostEveryMs - sinceLastMs)
    this.#stopSoon ??= this.#parts.clock.after(delayMs, () => {
      this.#stopSoon = undefined
      void this.refresh()
    })
  }

  async #known(signal: AbortSignal): Promise<CoordinatorView[]> {
    const { find, seeds, host } = this.#parts
    const found = await find({ limit: mostKept, signal })
    const known = new Map<PeerIdText, CoordinatorView>()
    for (const { seed } of seeds.seeds()) known.set(seed.node_id, ofSeed(seed))
    // What a record says is of this minute; a seed may be a day old.
    for (const worker of found) known.set(worker.peerId, ofRecord(worker))
    known.delete(host.peerId.toString())
    return [...known.values()].slice(0, mostKept)
  }

  async #measure({ peerId, addresses }: CoordinatorView, life: AbortSignal): Promise<void> {
    const { host, log } = this.#parts
    const signal = AbortSignal.any([life, AbortSignal.timeout(pingTimeoutMs)])
    try {
      const id = readPeerId(peerId)
      if (host.libp2p.getConnections(id).length === 0) await this.#dialer.dialAll(addresses, 1, signal)
      this.#rtts.set(peerId, await host.libp2p.services.ping.ping(id, { signal }))
    } catch (error) {
      log.debug({ coordinator: peerId, err: error }, 'a coordinator did not answer a ping')
    }
  }

  #publish(known: readonly CoordinatorView[]): void {
    const ids = new Set(known.map(({ peerId }) => peerId))
    for (const peerId of this.#rtts.keys()) if (!ids.has(peerId)) this.#rtts.delete(peerId)
    const { libp2p } = this.#parts.host
    const measured = known.map(coordinator => {
      const [connection] = libp2p.getConnections(readPeerId(coordinator.peerId))
      const rttMs = connection?.rtt ?? this.#rtts.get(coordinator.peerId)
      return { ...coordinator, connected: connection !== undefined, ...(rttMs === undefined ? {} : { rttMs }) }
    })
    this.coordinators.set(byDistance(measured))
  }
}

/** Those that answer soonest first, then those that were not measured. Pure. */
export function byDistance(coordinators: readonly CoordinatorView[]): CoordinatorView[] {
  const distance = ({ rttMs }: CoordinatorView) => rttMs ?? Number.POSITIVE_INFINITY
  return coordinators.toSorted((a, b) => {
    const [nearer, farther] = [distance(a), distance(b)]
    return nearer === farther ? a.peerId.localeCompare(b.peerId) : nearer - farther
  })
}

function ofRecord({ peerId, record }: WorkerView): CoordinatorView {
  const { location, tunnelUrl, vpnIp } = record
  return {
    peerId,
    addresses: record.addresses.map(address => `${address}/p2p/${peerId}`),
    connected: false,
    ...(location === undefined ? {} : { location }),
    ...(tunnelUrl === undefined ? {} : { url: tunnelUrl }),
    ...(vpnIp === undefined ? {} : { vpnIp }),
  }
}

function ofSeed(seed: {
  node_id: string
  multiaddrs: string[]
  location: string | null
  tunnel_url: string | null
}): CoordinatorView {
  return {
    peerId: seed.node_id,
    addresses: seed.multiaddrs,
    connected: false,
    ...(seed.location === null ? {} : { location: seed.location }),
    ...(seed.tunnel_url === null ? {} : { url: seed.tunnel_url }),
  }
}
