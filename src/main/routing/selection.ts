import { loadOf } from '../../shared/load-of.ts'
import { lacking } from '../../shared/particulars.ts'
import type { PathKind, PeerIdText, ServiceType } from '../../shared/schema/primitives.ts'
import type { Particulars, WorkerView } from '../../shared/schema/worker.ts'
import { type Milliseconds, millisecond } from '../../shared/units.ts'
import { machineGpuWorth } from './gpu-worth.ts'

/** How many fit workers are drawn at random before ranking, so that requesters do not all rank the same ones first. */
const drawn = 12
/** Scores within this share of the best of their group count as equal. */
const tieShare = 0.1
/** Chances of the best three. */
const chances = [0.5, 0.3, 0.2]
/** Differences in latency below this are the network's, not the worker's. */
const latencySlackMs = 20 * millisecond

/**
 * A worker renews its record after a tenth of its life, and what is cached is that much older: one that has said nothing for
 * this share of its record's life is likely gone without a word.
 */
const silentShare = 0.3

/** Those whose answers are in doubt come after nearly all others. */
const doubtedShare = 0.5

/** What this node knows of a worker from its own requests. */
export interface Experience {
  /** Requests of ours it is working on. */
  inFlight: number
  /** Mean of its last answers for the service; undefined before the first. */
  latencyMs?: Milliseconds
  path?: PathKind
  /** `failed`: its circuit is open. `resting`: it has asked to be left alone. `distrusted`: its answers were false. */
  avoided?: 'failed' | 'resting' | 'distrusted'
  /** One of its answers may have been false. */
  doubted?: boolean
}

export interface Want {
  service: ServiceType
  /** What the worker must have. Default: nothing but the service. */
  particulars?: Particulars
  /** The service answers sooner with a graphics card. */
  gpu: boolean
  location?: string
  /** Workers already tried for this request. */
  exclude: ReadonlySet<PeerIdText>
}

export interface Candidate {
  view: WorkerView
  experience: Experience
}

/** Why a worker is passed over. */
export type Unfit =
  | 'tried'
  | 'expired'
  | 'not donating'
  | 'not offering it'
  | 'without the model'
  | 'without the languages'
  | 'full'
  | 'failed lately'
  | 'asked for rest'
  | 'gave false results'

/** A random number from 0 up to 1. */
export type Random = () => number

/** Picks a worker for one request, or none when none is fit. Pure but for `random`. */
export function choose(candidates: Candidate[], want: Want, now: Milliseconds, random: Random): WorkerView | undefined {
  const fit = candidates.filter(candidate => whyUnfit(candidate, want, now) === undefined)
  const heard = fit.filter(({ view }) => isHeardOf(view, now))
  const ranked = rank(draw(heard.length > 0 ? heard : fit, drawn, random), want, random)
  return pick(ranked.slice(0, chances.length), random)?.view
}

/** Whether it has said something lately; others are chosen where there is nobody else. */
function isHeardOf({ record, updatedAt }: WorkerView, now: Milliseconds): boolean {
  return now - updatedAt <= silentShare * (record.expiresAt - record.issuedAt)
}

/** Why a worker cannot take a request now; undefined when it can. */
export function whyUnfit({ view, experience }: Candidate, want: Want, now: Milliseconds): Unfit | undefined {
  if (want.exclude.has(view.peerId)) return 'tried'
  if (view.expiresAt <= now) return 'expired'
  if (view.state !== 'donating') return 'not donating'
  if (!view.record.services.includes(want.service)) return 'not offering it'
  const lacks = lacking(view.record.choices, want.service, want.particulars ?? {})
  if (lacks !== undefined) return `without the ${lacks}`
  if (experience.avoided === 'failed') return 'failed lately'
  if (experience.avoided === 'resting') return 'asked for rest'
  if (experience.avoided === 'distrusted') return 'gave false results'
  return taken(view, experience) >= view.queue.slots + view.queue.bound ? 'full' : undefined
}

/** Requests it has, as it says itself or as this node alone has sent it, which its last word may not count yet. */
function taken({ queue }: WorkerView, { inFlight }: Experience): number {
  return Math.max(queue.running + queue.waiting, inFlight)
}

/** Best first; workers whose scores are nearly equal stand in random order. */
export function rank(candidates: Candidate[], want: Want, random: Random): Candidate[] {
  const typicalMs = typicalLatency(candidates)
  const scored = candidates
    .map(candidate => ({ candidate, score: score(candidate, want, typicalMs), shuffle: random() }))
    .sort((a, b) => b.score - a.score)
  let groupBest = Number.POSITIVE_INFINITY
  let group = -1
  const grouped = scored.map(entry => {
    if (entry.score < groupBest * (1 - tieShare)) {
      group++
      groupBest = entry.score
    }
    return { ...entry, group }
  })
  return grouped.sort((a, b) => a.group - b.group || a.shuffle - b.shuffle).map(({ candidate }) => candidate)
}

/** The middle one of the latencies that are known, the lower of two: what is to be expected of a worker. */
export function typicalLatency(candidates: Candidate[]): Milliseconds | undefined {
  const known = candidates.flatMap(({ experience }) => experience.latencyMs ?? []).sort((a, b) => a - b)
  return known[Math.floor((known.length - 1) / 2)]
}

/** How soon a worker is likely to answer, 0 (late) to 1 (at once). `typicalMs`: what others take for the service. */
export function score(candidate: Candidate, want: Want, typicalMs: Milliseconds | undefined): number {
  const { view, experience } = candidate
  const free = freedom(view, experience) * credence(view, experience, typicalMs)
  const near = want.location !== undefined && want.location === view.record.location ? 1 : 0
  const general = 0.6 * free + 0.2 * quickness(experience, typicalMs) + 0.1 * pathWorth(experience.path) + 0.1 * near
  const worth = want.gpu ? 0.7 * general + 0.3 * machineGpuWorth(view.record.capabilities) : general
  return experience.doubted === true ? worth * doubtedShare : worth
}

/** How free a worker is: by its load for three quarters, by the room in its queue for one. */
function freedom(view: WorkerView, experience: Experience): number {
  const { slots, bound } = view.queue
  const all = taken(view, experience)
  const load = Math.max(
    view.load,
    loadOf({ slots, bound, running: Math.min(slots, all), waiting: Math.max(0, all - slots) }),
  )
  return 0.75 * (1 - load) + 0.25 * (1 - Math.min(1, all / Math.max(1, slots + bound)))
}

/**
 * How far a worker's word on its load is believed, 0 to 1. One that says it is idle is expected to take what others take,
 * a busy one up to twice that; who takes longer than their word lets expect is believed that much less.
 */
function credence(view: WorkerView, { latencyMs }: Experience, typicalMs: Milliseconds | undefined): number {
  if (latencyMs === undefined || typicalMs === undefined) return 1
  const expectedMs = typicalMs * (1 + view.load) + latencySlackMs
  return Math.min(1, expectedMs / latencyMs)
}

/** 0.5 for one as quick as others, or not known yet; towards 1 for a quicker, towards 0 for a slower one. */
function quickness({ latencyMs }: Experience, typicalMs: Milliseconds | undefined): number {
  if (latencyMs === undefined || typicalMs === undefined) return 0.5
  return (typicalMs + latencySlackMs) / (typicalMs + latencyMs + 2 * latencySlackMs)
}

function pathWorth(path: PathKind | undefined): number {
  return { local: 1, direct: 1, vpn: 0.8, tunnel: 0.3, relay: 0.1 }[path ?? 'direct']
}

function draw<T>(all: T[], count: number, random: Random): T[] {
  const pool = [...all]
  for (let index = 0; index < Math.min(count, pool.length); index++) {
    const other = index + Math.floor(random() * (pool.length - index))
    const [a, b] = [pool[index] as T, pool[other] as T]
    pool[index] = b
    pool[other] = a
  }
  return pool.slice(0, count)
}

function pick<T>(best: T[], random: Random): T | undefined {
  const total = chances.slice(0, best.length).reduce((sum, chance) => sum + chance, 0)
  let left = random() * total
  for (const [index, candidate] of best.entries()) {
    left -= chances[index] ?? 0
    if (left < 0) return candidate
  }
  return best.at(-1)
}
