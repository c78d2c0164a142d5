import { millisecond } from '../../shared/units.ts'
import type { Clock } from '../clock.ts'

/** How long the second complete answer is waited for once the first is there. */
const patienceMs = 20 * millisecond
/** The same where the first answer has gaps. */
const patienceWithGapsMs = 100 * millisecond

/**
 * Waits for two complete answers, for 20 ms after the first such, for 100 ms after the first that has gaps, or until all have
 * come or failed; the rest go on by themselves. A registrar that denies what others know of is no reason to hurry. `answers`
 * resolve with whether they are complete: they name somebody, and leave out nobody.
 */
export function enoughAnswers(answers: Promise<boolean>[], clock: Clock, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    let complete = 0
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
    const arrived = (isComplete: boolean) => {
      open--
      if (isComplete) complete++
      if (open === 0 || complete === 2) return done()
      if (isComplete) {
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
