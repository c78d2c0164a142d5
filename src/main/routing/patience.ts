import type { Milliseconds } from '../../shared/units.ts'
import { longestSilenceMs } from '../paths/peer-watch.ts'

/** Below this the silence of a busy machine or of a slow path would be taken for death. */
export const shortestSilenceMs = 500

/**
 * How long a worker may give no sign of life before a request is taken elsewhere: its slice of the time that is left, in
 * equal parts for all that may still be asked, so that the last of them has as much of it as the first. A slice bounds
 * silence, not work: a worker that answers pings may take the whole deadline. It is never longer than a few seconds, and
 * never shorter than a ping needs; a deadline too short for that has no slices.
 *
 * @param asksLeft workers that may still be asked, with the one that is asked now
 */
export function patienceFor({ leftMs, asksLeft }: { leftMs: Milliseconds; asksLeft: number }): Milliseconds {
  return Math.min(longestSilenceMs, Math.max(shortestSilenceMs, leftMs / Math.max(1, asksLeft)))
}
