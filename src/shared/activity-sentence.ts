import { englishReasons, reasonSentence } from './reason-sentence.ts'
import type { Activity } from './schema/status.ts'
import { hour, type Milliseconds, second } from './units.ts'

const plurals = new Intl.PluralRules('en')

function requests(count: number): string {
  return `${count.toLocaleString('en')} ${plurals.select(count) === 'one' ? 'request' : 'requests'}`
}

/** What a node does, in English. */
export const englishActivity = {
  starting: 'Starting…',
  off: 'Off: nothing runs for others',
  paused: 'Paused until you resume',
  pausedUntil: (time: string) => `Paused until ${time}`,
  pausedFor: (time: string, left: string) => `Paused until ${time}, ${left} left`,
  left: (hours: number, minutes: number, seconds: number) =>
    hours > 0 ? `${hours} h ${minutes} min` : minutes > 0 ? `${minutes} min ${seconds} s` : `${seconds} s`,
  waiting: (reason: string) => `Waiting: ${reason}`,
  waitingUntil: (reason: string, time: string) => `Waiting: ${reason}, until ${time}`,
  finishingThenWaiting: (jobs: number, reason: string) => `Finishing ${requests(jobs)}, then waiting: ${reason}`,
  time: (at: Milliseconds) => new Date(at).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' }),
  day: (at: Milliseconds) =>
    new Date(at).toLocaleString('en-GB', { weekday: 'short', hour: '2-digit', minute: '2-digit' }),
  reasons: englishReasons,
  noService: 'Waiting: no service can run on this machine yet',
  alone: 'No network: 0 peers',
  aloneNextTry: (seconds: number) => `No network: 0 peers, next try in ${seconds} s`,
  aloneTrying: 'No network: 0 peers, trying now…',
  readyFirst: 'Ready: no requests yet',
  ready: 'Ready: waiting for the next request',
  working: (jobs: number) => `Working on ${requests(jobs)}`,
  stopping: (jobs: number) => (jobs === 0 ? 'Stopping…' : `Finishing ${requests(jobs)}, then stopping`),
}

/** The same in any language. */
export type ActivityWords = typeof englishActivity

/**
 * The one sentence that says what the node does and why, the same in the window, the tray and the terminal.
 *
 * @param served requests served since the start: the first one is still to come, or another
 * @param now when the sentence is read; without it no seconds are named, for places where it stands still
 */
export function activitySentence(
  { activity, served }: { activity: Activity; served: number },
  words: ActivityWords,
  now?: Milliseconds,
): string {
  switch (activity.kind) {
    case 'starting':
      return words.starting
    case 'off':
      return words.off
    case 'paused':
      return pausedSentence(activity.until, words, now)
    case 'waiting':
      return waitingSentence(activity, words, now)
    case 'no-service':
      return words.noService
    case 'alone':
      return aloneSentence(activity.nextTryAt, words, now)
    case 'ready':
      return served === 0 ? words.readyFirst : words.ready
    case 'working':
      return words.working(activity.jobs)
    case 'stopping':
      return words.stopping(activity.jobs)
  }
}

function pausedSentence(until: Milliseconds | undefined, words: ActivityWords, now: Milliseconds | undefined): string {
  if (until === undefined) return words.paused
  const time = clockTime(until, words, now)
  if (now === undefined || until <= now) return words.pausedUntil(time)
  const seconds = Math.ceil((until - now) / second)
  const left = words.left(Math.floor(seconds / 3_600), Math.floor((seconds % 3_600) / 60), seconds % 60)
  return words.pausedFor(time, left)
}

/** Reasons that end at a moment which the owner has set or can foresee; others end when their cause does. */
const foreseeable = new Set(['schedule', 'data-used'])

function waitingSentence(
  { reason, until, jobs }: Extract<Activity, { kind: 'waiting' }>,
  words: ActivityWords,
  now: Milliseconds | undefined,
): string {
  const why = reasonSentence(reason, words.reasons)
  if (jobs > 0) return words.finishingThenWaiting(jobs, why)
  if (until === undefined || !foreseeable.has(reason.kind)) return words.waiting(why)
  return words.waitingUntil(why, clockTime(until, words, now))
}

/** With the day, unless it is less than half a day away. */
function clockTime(at: Milliseconds, words: ActivityWords, now: Milliseconds | undefined): string {
  return now !== undefined && at - now > 12 * hour ? words.day(at) : words.time(at)
}

function aloneSentence(
  nextTryAt: Milliseconds | undefined,
  words: ActivityWords,
  now: Milliseconds | undefined,
): string {
  if (nextTryAt === undefined || now === undefined) return words.alone
  const seconds = Math.ceil((nextTryAt - now) / second)
  return seconds > 0 ? words.aloneNextTry(seconds) : words.aloneTrying
}
