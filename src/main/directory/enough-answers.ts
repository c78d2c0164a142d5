import { millisecond } from '../../shared/units.ts'
import type { Clock } from '../clock.ts'

/** How long the second full answer is waited for once the first is there. */
const patienceMs = 20 * millisecond
/** The same where the first answer is not full. */
const patienceWithGapsMs = 100 * millisecond

/**
 * Waits for two full answers, for 20 ms after the first such, for 100 ms after the first that is not full, or until all have
 * come or failed; the rest go on by themselves. A registrar that denies what others know of is no reason to hurry. `answers`
 * resolve with whether they are full: they name somebody, and leave out nobody.
 */
export function enoughAnswers(answers: Promise<boolean>[], clock: Clock, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    let full = 0
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
    const arrived = (isFull: boolean) => {
      open--
      if (isFull) full++
      if (open === 0 || full === 2) return done()
      if (isFull) {
        stopTimer?.()
        stopTimer = clock.after(patienceMs, done)
      } else {
        stopTimer ??= clock.after(patienceWithGapsMs, done)
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
