import type { Queue } from './schema/worker.ts'

/** The fuller of what runs and what waits, 0 to 1. */
export function loadOf({ running, waiting, slots, bound }: Queue): number {
  return Math.min(1, Math.max(slots === 0 ? 0 : running / slots, bound === 0 ? 0 : waiting / bound))
}
