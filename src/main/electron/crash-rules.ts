import type { RenderProcessGoneDetails } from 'electron'
import { type Milliseconds, minute } from '../../shared/units.ts'

const window = 1 * minute
const reloads = 3

/**
 * What follows when a page's process has gone: it is loaded again, up to three times within a minute; after that the
 * window is given up until somebody asks for it. `earlier` are the times of the crashes before.
 */
export function decideAfterCrash(
  reason: RenderProcessGoneDetails['reason'],
  earlier: readonly Milliseconds[],
  now: Milliseconds,
): 'none' | 'reload' | 'give-up' {
  if (reason === 'clean-exit') return 'none'
  return earlier.filter(at => now - at < window).length < reloads ? 'reload' : 'give-up'
}
