import { millisecond } from '../../shared/units.ts'
import type { Clock } from '../clock.ts'

/** How long the second answer is waited for once the first is there. */
const patienceMs = 20 * millisecond
/** The same where the first names nobody. */
const patienceWithoutNamesMs = 100 * millisecond

/**
 * Waits for two answers that name somebody, for 20 ms after the first such, for 100 ms after the first that names nobody,
 * or until all have come or failed; the rest go on by themselves. A registrar that denies what others know of is no reason
 * to hurry. `answers` resolve with whether they name anybody.
 */
export function enoughAnswers(answers: Promise<boolean>[], clock: Clock, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    let named = 0
    let open = answers.length
    let stopTimer: (() => void) | undefined
    const done = () => {
      stopTimer?.()
      signal?.removeEventListener('abort', cancel)
      resolve()
    }
    const cancel = () => {
      stopTimer?.()
      reject(signal?.reason)
    }
    signal?.addEventListener('abort', cancel, { once: true })
    const arrived = (names: boolean) => {
      open--
      if (names) named++
      if (open === 0 || named === 2) return done()
      if (names) {
        stopTimer?.()
        stopTimer = clock.after(patienceMs, done)
      } else {
        stopTimer ??= clock.after(patienceWithoutNamesMs, done)
      }
    }
    const failed = () => {
      open--
      if (open === 0) done()
    }
    for (const answer of answers) answer.then(arrived, failed)
    if (open === 0) done()
  })
}
