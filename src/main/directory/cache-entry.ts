import type { PeerIdText } from '../../shared/schema/primitives.ts'
import type { WorkerView } from '../../shared/schema/worker.ts'
import { type Milliseconds, minute, second } from '../../shared/units.ts'
import { isResting } from '../resting.ts'
import { withHeard } from './heard-view.ts'

/** Most workers held for one question, so that one asker can keep that many busy. */
const maxHeld = 400
/** Between looking for others while those held are busy; twice as long after each time that brought nobody new. */
const minWidenPauseMs = 1 * second
const maxWidenPauseMs = 1 * minute

/** What the cache holds for one question. */
export interface CacheEntry {
  readonly workers: Map<PeerIdText, WorkerView>
  /** Those of them that were found elsewhere because the others were busy: each is held for as long as it is heard of. */
  readonly elsewhere: Set<PeerIdText>
  /** Whether there are others elsewhere. */
  readonly others: boolean
  readonly foundAt: Milliseconds
  refreshedAt: Milliseconds
  /** Before this nobody is looked for elsewhere, and for how long after the next time. */
  widenAt: Milliseconds
  widenPauseMs: Milliseconds
}

export interface Renewal {
  /** What the directory has named just now. */
  workers: readonly WorkerView[]
  others: boolean
  now: Milliseconds
  /** How long who was found elsewhere is held without being heard of. */
  ttlMs: Milliseconds
}

/** What is held once the directory was asked again. Pure. */
export function renewEntry(held: CacheEntry | undefined, { workers, others, now, ttlMs }: Renewal): CacheEntry {
  const newest = new Map(workers.map(worker => [worker.peerId, newer(worker, held?.workers.get(worker.peerId))]))
  const elsewhere = new Set<PeerIdText>()
  for (const peerId of held?.elsewhere ?? []) {
    const worker = held?.workers.get(peerId)
    if (worker === undefined || newest.has(peerId) || worker.updatedAt + ttlMs <= now) continue
    newest.set(peerId, worker)
    elsewhere.add(peerId)
  }
  const { widenAt = now, widenPauseMs = minWidenPauseMs } = held ?? {}
  return { workers: newest, elsewhere, others, foundAt: now, refreshedAt: now, widenAt, widenPauseMs }
}

/** Whether others are to be looked for elsewhere: most of `live`, which are held, have no slot free or take nothing now. Pure. */
export function isToBeWidened(
  { others, widenAt }: CacheEntry,
  live: readonly WorkerView[],
  now: Milliseconds,
): boolean {
  if (!others || live.length >= maxHeld || isResting(widenAt, now, maxWidenPauseMs)) return false
  return live.filter(({ state, load }) => state === 'donating' && load < 1).length * 2 < live.length
}

/** Takes in whom the directory named elsewhere. */
export function widenEntry(entry: CacheEntry, workers: readonly WorkerView[], now: Milliseconds): void {
  const room = Math.max(0, maxHeld - entry.workers.size)
  const strangers = workers.filter(({ peerId }) => !entry.workers.has(peerId)).slice(0, room)
  for (const worker of strangers) {
    entry.workers.set(worker.peerId, worker)
    entry.elsewhere.add(worker.peerId)
  }
  entry.widenPauseMs = strangers.length > 0 ? minWidenPauseMs : Math.min(maxWidenPauseMs, 2 * entry.widenPauseMs)
  entry.widenAt = now + entry.widenPauseMs
}

/** The found record, with the load last heard where that is newer. */
function newer(found: WorkerView, held: WorkerView | undefined): WorkerView {
  if (held === undefined || held.updatedAt <= found.updatedAt) return found
  return withHeard(found, { load: held.load, waiting: held.queue.waiting, at: held.updatedAt })
}
