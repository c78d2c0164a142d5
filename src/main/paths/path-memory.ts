import type { PeerIdText } from '../../shared/schema/primitives.ts'
import { type Milliseconds, minute, second } from '../../shared/units.ts'
import type { Clock } from '../clock.ts'
import type { Candidate } from './candidates.ts'
import type { ConnectionPath } from './path-kind.ts'

const peersRemembered = 1_000
const waysRemembered = 16
const hostsRemembered = 2_000
/** A new figure counts for so much of the average. */
const latencyWeight = 0.3

const firstRestMs = 1 * second
const longestRestMs = 1 * minute
/** Whoever is at that address has proven to be somebody else. */
const falseClaimRestMs = 10 * minute
/** Failures at one machine within a minute, whichever peers name it, after which it is left alone until the minute is over. */
const failuresAtHost = 8
const hostSpanMs = 1 * minute

/** Times are those of `Clock.steady`. */
interface Way {
  kind: ConnectionPath
  latencyMs?: Milliseconds
  succeededAt?: Milliseconds
  failures: number
  restsUntil: Milliseconds
}

const kindOrder: Record<ConnectionPath, number> = { direct: 0, vpn: 1, tunnel: 2, relay: 3 }

/**
 * What was experienced with the ways to each peer: which worked, how quick they are, and which rest after failures, so that a
 * record cannot make this node knock at somebody's door again and again. Bounded in all it keeps.
 */
export class PathMemory {
  readonly #clock: Clock
  readonly #peers = new Map<PeerIdText, Map<string, Way>>()
  readonly #hosts = new Map<string, { failures: number; since: Milliseconds }>()

  constructor({ clock }: { clock: Clock }) {
    this.#clock = clock
  }

  succeeded(peerId: PeerIdText, candidate: Pick<Candidate, 'kind' | 'way' | 'host'>): void {
    const way = this.#way(peerId, candidate)
    way.failures = 0
    way.restsUntil = 0
    way.succeededAt = this.#clock.steady()
    this.#hosts.delete(candidate.host)
  }

  /** How long a round trip takes on it. */
  measured(peerId: PeerIdText, candidate: Pick<Candidate, 'kind' | 'way'>, rttMs: Milliseconds): void {
    const way = this.#way(peerId, candidate)
    way.latencyMs = way.latencyMs === undefined ? rttMs : way.latencyMs + (rttMs - way.latencyMs) * latencyWeight
  }

  /** @param isFalse somebody else was there */
  failed(peerId: PeerIdText, candidate: Candidate, isFalse: boolean): void {
    const now = this.#clock.steady()
    const way = this.#way(peerId, candidate)
    way.failures++
    delete way.succeededAt
    way.restsUntil = now + (isFalse ? falseClaimRestMs : Math.min(longestRestMs, firstRestMs * 2 ** (way.failures - 1)))
    const { host } = candidate
    const known = this.#hosts.get(host)
    const counted = known === undefined || now - known.since >= hostSpanMs ? { failures: 0, since: now } : known
    counted.failures++
    remember(this.#hosts, host, counted, hostsRemembered)
  }

  latencyMs(peerId: PeerIdText, way: string): Milliseconds | undefined {
    return this.#peers.get(peerId)?.get(way)?.latencyMs
  }

  /** Those that do not rest, in the order in which to try them. */
  order(peerId: PeerIdText, candidates: readonly Candidate[]): Candidate[] {
    const now = this.#clock.steady()
    const ways = this.#peers.get(peerId)
    const open = candidates.filter(({ way, host }) => {
      const at = this.#hosts.get(host)
      const tooMany = at !== undefined && at.failures >= failuresAtHost && now - at.since < hostSpanMs
      return !tooMany && (ways?.get(way)?.restsUntil ?? 0) <= now
    })
    const ranks = new Map(open.map(candidate => [candidate, rankOf(candidate, ways?.get(candidate.way))]))
    const rank = (candidate: Candidate) => ranks.get(candidate) ?? []
    const ranked = open.toSorted((a, b) => compare(rank(a), rank(b)))
    const equals = Map.groupBy(ranked, candidate => rank(candidate).join())
    return [...equals.values()].flatMap(alternateFamilies)
  }

  #way(peerId: PeerIdText, { kind, way }: Pick<Candidate, 'kind' | 'way'>): Way {
    const ways = this.#peers.get(peerId) ?? new Map<string, Way>()
    remember(this.#peers, peerId, ways, peersRemembered)
    const known = ways.get(way) ?? { kind, failures: 0, restsUntil: 0 }
    remember(ways, way, known, waysRemembered)
    return known
  }
}

/** What is tried first comes first in it: what works, then by kind, by failures, by nearness, by latency. */
function rankOf({ kind, near }: Candidate, way: Way | undefined): number[] {
  const works = way?.succeededAt !== undefined
  return [works ? 0 : 1, kindOrder[kind], way?.failures ?? 0, near ? 0 : 1, works ? (way.latencyMs ?? 0) : 0]
}

/** RFC 8305, section 4: among ways that are as good, IPv6 and IPv4 take turns, IPv6 first. */
function alternateFamilies(equals: Candidate[]): Candidate[] {
  const six = equals.filter(({ host }) => host.includes(':'))
  const four = equals.filter(({ host }) => !host.includes(':'))
  const turns = Array.from({ length: Math.max(six.length, four.length) }, (_, turn) => [six[turn], four[turn]])
  return turns.flat().filter(candidate => candidate !== undefined)
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [index, value] of a.entries()) {
    const difference = value - (b[index] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

/** As the newest; the oldest goes when there are too many. */
function remember<K, V>(map: Map<K, V>, key: K, value: V, most: number): void {
  map.delete(key)
  map.set(key, value)
  const [oldest] = map.keys()
  if (map.size > most && oldest !== undefined) map.delete(oldest)
}
