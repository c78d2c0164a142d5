import type { Activity } from './schema/status.ts'
import { type Milliseconds, second } from './units.ts'

const plurals = new Intl.PluralRules('en')

function requests(count: number): string {
  return `${count.toLocaleString('en')} ${plurals.select(count) === 'one' ? 'request' : 'requests'}`
}

/** What a node does, in English. */
export const englishActivity = {
  starting: 'Starting…',
  off: 'Off: nothing runs for others',
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

function aloneSentence(
  nextTryAt: Milliseconds | undefined,
  words: ActivityWords,
  now: Milliseconds | undefined,
): string {
  if (nextTryAt === undefined || now === undefined) return words.alone
  const seconds = Math.ceil((nextTryAt - now) / second)
  return seconds > 0 ? words.aloneNextTry(seconds) : words.aloneTrying
}
