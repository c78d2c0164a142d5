import type { PathKind, PeerIdText } from '../../shared/schema/primitives.ts'
import { type Milliseconds, minute, second } from '../../shared/units.ts'
import type { Clock } from '../clock.ts'
import type { Experience } from './selection.ts'

const latenciesKept = 10
const failuresToOpen = 2
const firstRestMs = 5 * second
const longestRestMs = 5 * minute
const workersKept = 2_000

interface Entry {
  inFlight: number
  latencies: Milliseconds[]
  path?: PathKind
  failures: number
  /** Until when its circuit is open; after that one request may probe it. */
  restUntil: Milliseconds
  probing: boolean
}

/**
 * What this node's own requests have taught it of each worker: latency, requests in flight, and a circuit breaker that
 * opens after two failures in a row, rests 5 s, doubling up to 5 min, and lets one request through to probe.
 */
export class WorkerExperience {
  readonly #clock: Clock
  readonly #entries = new Map<PeerIdText, Entry>()

  constructor({ clock }: { clock: Clock }) {
    this.#clock = clock
  }

  of(peerId: PeerIdText): Experience {
    const entry = this.#entries.get(peerId)
    if (entry === undefined) return { inFlight: 0, avoided: false }
    const { latencies, path, inFlight } = entry
    return {
      inFlight,
      avoided: this.#isAvoided(entry),
      ...(path === undefined ? {} : { path }),
      ...(latencies.length === 0 ? {} : { latencyMs: latencies.reduce((a, b) => a + b, 0) / latencies.length }),
    }
  }

  sent(peerId: PeerIdText): void {
    const entry = this.#entry(peerId)
    entry.inFlight++
    entry.probing = entry.failures >= failuresToOpen
  }

  answered(peerId: PeerIdText, latencyMs: Milliseconds, path: PathKind): void {
    const entry = this.#settled(peerId)
    entry.latencies = [...entry.latencies, latencyMs].slice(-latenciesKept)
    entry.path = path
    entry.failures = 0
  }

  /** It refused, which says nothing against it. */
  refused(peerId: PeerIdText): void {
    this.#settled(peerId)
  }

  failed(peerId: PeerIdText): void {
    const entry = this.#settled(peerId)
    entry.failures++
    const rest = Math.min(longestRestMs, firstRestMs * 2 ** (entry.failures - failuresToOpen))
    if (entry.failures >= failuresToOpen) entry.restUntil = this.#clock.now() + rest
  }

  #isAvoided(entry: Entry): boolean {
    return entry.failures >= failuresToOpen && (entry.probing || this.#clock.now() < entry.restUntil)
  }

  #settled(peerId: PeerIdText): Entry {
    const entry = this.#entry(peerId)
    entry.inFlight = Math.max(0, entry.inFlight - 1)
    entry.probing = false
    return entry
  }

  #entry(peerId: PeerIdText): Entry {
    const known = this.#entries.get(peerId)
    // Deleting and setting again keeps the map in order of use.
    if (known !== undefined) this.#entries.delete(peerId)
    const entry = known ?? { inFlight: 0, latencies: [], failures: 0, restUntil: 0, probing: false }
    this.#entries.set(peerId, entry)
    if (this.#entries.size > workersKept) this.#forgetOldest()
    return entry
  }

  #forgetOldest(): void {
    for (const [peerId, entry] of this.#entries) {
      if (entry.inFlight > 0) continue
      this.#entries.delete(peerId)
      return
    }
  }
}
