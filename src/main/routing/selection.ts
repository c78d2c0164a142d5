import type { PathKind, PeerIdText } from '../../shared/schema/primitives.ts'
import type { WorkerView } from '../../shared/schema/worker.ts'
import type { Milliseconds } from '../../shared/units.ts'

/** How many fit workers are drawn at random before ranking, so that requesters do not all rank the same ones first. */
const drawn = 12
/** Scores within this share of the best of their group count as equal. */
const tieShare = 0.1
/** Chances of the best three. */
const chances = [0.5, 0.3, 0.2]

/** What this node knows of a worker from its own requests. */
export interface Experience {
  /** Requests of ours it is working on. */
  inFlight: number
  /** Mean of its last answers; undefined before the first. */
  latencyMs?: Milliseconds
  path?: PathKind
  /** Its circuit is open: it failed lately. */
  avoided: boolean
}

export interface Want {
  location?: string
  /** Workers already tried for this request. */
  exclude: ReadonlySet<PeerIdText>
}

export interface Candidate {
  view: WorkerView
  experience: Experience
}

/** A random number from 0 up to 1. */
export type Random = () => number

/** Picks a worker for one request, or none when none is fit. Pure but for `random`. */
export function choose(candidates: Candidate[], want: Want, now: Milliseconds, random: Random): WorkerView | undefined {
  const fit = candidates.filter(candidate => isFit(candidate, want, now))
  const ranked = rank(draw(fit, drawn, random), want, random)
  return pick(ranked.slice(0, chances.length), random)?.view
}

/** Whether a worker can take a request now: donating, unexpired, not full, not avoided and not yet tried. */
export function isFit({ view, experience }: Candidate, want: Want, now: Milliseconds): boolean {
  return (
    view.state === 'donating' &&
    view.expiresAt > now &&
    !experience.avoided &&
    !want.exclude.has(view.peerId) &&
    !isFull(view, experience)
  )
}

function isFull({ queue }: WorkerView, { inFlight }: Experience): boolean {
  const taken = Math.max(queue.running + queue.waiting, inFlight)
  return taken >= queue.slots + queue.bound
}

/** Best first; workers whose scores are nearly equal stand in random order. */
export function rank(candidates: Candidate[], want: Want, random: Random): Candidate[] {
  const scored = candidates
    .map(candidate => ({ candidate, score: score(candidate, want), shuffle: random() }))
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

/** How soon a worker is likely to answer, 0 (late) to 1 (at once). */
export function score({ view, experience }: Candidate, want: Want): number {
  const free = 1 - Math.max(view.load, ownLoad(view, experience))
  const quick = experience.latencyMs === undefined ? 0.5 : 1 / (1 + experience.latencyMs / 1_000)
  const near = want.location !== undefined && want.location === view.record.location ? 1 : 0
  return 0.6 * free + 0.2 * quick + 0.1 * pathWorth(experience.path) + 0.1 * near
}

/** Load that our own unanswered requests mean, which its last announcement may not show yet. */
function ownLoad({ queue }: WorkerView, { inFlight }: Experience): number {
  return Math.min(1, inFlight / Math.max(1, queue.slots + queue.bound))
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
