import { reasonSentence } from './reason-sentence.ts'
import type { Allowance } from './schema/allowance.ts'
import type { Activity } from './schema/status.ts'
import type { Strings } from './strings/catalogue.ts'
import type { en } from './strings/en.ts'
import { day, hour, type Milliseconds, second } from './units.ts'

/** The words for it, in any language. */
export type ActivityWords = Strings<typeof en.activity>

/**
 * The one sentence that says what the node does and why, the same in the window, the tray and the terminal.
 *
 * @param served requests served since the start: the first one is still to come, or another
 * @param now when the sentence is read
 * @param still it is read in a place where it stands still, so no seconds are named
 */
export function activitySentence(
  { activity, served }: { activity: Activity; served: number },
  words: ActivityWords,
  now: Milliseconds,
  { still = false } = {},
): string {
  switch (activity.kind) {
    case 'starting':
      return words.starting
    case 'off':
      return words.off
    case 'paused':
      return pausedSentence(activity.until, words, words, now, still)
    case 'waiting':
      return waitingSentence(activity, words, now, still)
    case 'no-service':
      return words.noService
    case 'alone':
      return aloneSentence(still ? undefined : activity.nextTryAt, words, now)
    case 'ready':
      return served === 0 ? words.readyFirst : words.ready
    case 'working':
      return words.working({ jobs: activity.jobs })
    case 'stopping':
      return activity.jobs === 0 ? words.stopping : words.finishing({ jobs: activity.jobs })
  }
}

/** That graphics cards alone are paused; undefined where they are not. `now`: see {@link activitySentence}. */
export function gpuPauseSentence(
  { mode, gpu: { reason } }: Pick<Allowance, 'mode' | 'gpu'>,
  words: ActivityWords,
  now: Milliseconds,
): string | undefined {
  if (mode === 'halt' || reason.kind !== 'gpu-paused') return undefined
  const { paused, pausedUntil, pausedFor } = words.gpu
  return pausedSentence(reason.until, { paused, pausedUntil, pausedFor }, words, now)
}

function pausedSentence(
  until: Milliseconds | undefined,
  sentences: Pick<ActivityWords, 'paused' | 'pausedUntil' | 'pausedFor'>,
  words: ActivityWords,
  now: Milliseconds,
  still = false,
): string {
  if (until === undefined) return sentences.paused
  const time = clockTime(until, words, now)
  if (still || until <= now) return sentences.pausedUntil({ time })
  return sentences.pausedFor({ time, left: timeLeft(until - now, words.left) })
}

function timeLeft(leftMs: Milliseconds, words: ActivityWords['left']): string {
  const total = Math.ceil(leftMs / second)
  const hours = Math.floor(total / 3_600)
  const minutes = Math.floor((total % 3_600) / 60)
  if (hours > 0) return words.hours({ hours, minutes })
  return minutes > 0 ? words.minutes({ minutes, seconds: total % 60 }) : words.seconds({ seconds: total })
}

/** Reasons that end at a moment which the owner has set or can foresee; others end when their cause does. */
const foreseeable = new Set(['schedule', 'data-used', 'gpu-paused'])

function waitingSentence(
  { reason, until, jobs }: Extract<Activity, { kind: 'waiting' }>,
  words: ActivityWords,
  now: Milliseconds,
  still: boolean,
): string {
  const why = reasonSentence(reason, words.reasons)
  if (jobs > 0) return words.finishingThenWaiting({ jobs, reason: why })
  if (until === undefined || !foreseeable.has(reason.kind)) return words.waiting({ reason: why })
  const time = clockTime(until, words, now)
  if (reason.kind !== 'gpu-paused' || still || until <= now) return words.waitingUntil({ reason: why, time })
  return words.waitingFor({ reason: why, time, left: timeLeft(until - now, words.left) })
}

/** With the day, unless it is less than half a day away; with the date where the day alone could be one of another week. */
export function clockTime(at: Milliseconds, words: ActivityWords, now: Milliseconds): string {
  const away = at - now
  return away <= 12 * hour ? words.time({ at }) : away < 6 * day ? words.day({ at }) : words.date({ at })
}

function aloneSentence(nextTryAt: Milliseconds | undefined, words: ActivityWords, now: Milliseconds): string {
  if (nextTryAt === undefined) return words.alone
  const seconds = Math.ceil((nextTryAt - now) / second)
  return seconds > 0 ? words.aloneNextTry({ seconds }) : words.aloneTrying
}
