import type { WorkerView } from '../../shared/schema/worker.ts'
import type { Milliseconds } from '../../shared/units.ts'

/** What a worker said of itself in an answer. */
export interface HeardLoad {
  load: number
  /** Requests in its queue. */
  waiting: number
  at: Milliseconds
}

/** A worker with what it said of itself since. How many of its slots are taken follows from its load. Pure. */
export function withHeard(view: WorkerView, { load, waiting, at }: HeardLoad): WorkerView {
  const running = Math.min(view.queue.slots, Math.round(load * view.queue.slots))
  return { ...view, load, queue: { ...view.queue, running, waiting }, updatedAt: at }
}
