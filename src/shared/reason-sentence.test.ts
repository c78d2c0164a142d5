import { expect, it } from 'vitest'
import { activitySentence } from './activity-sentence.ts'
import { reasonSentence } from './reason-sentence.ts'
import type { Reason } from './schema/allowance.ts'
import { english } from './strings/english.ts'
import { hour, minute, second } from './units.ts'

it.each<[Reason, string]>([
  [{ kind: 'on-battery' }, 'on battery'],
  [{ kind: 'on-battery', percent: 63 }, 'on battery (63%)'],
  [{ kind: 'battery-low', percent: 28.6, resumesAtPercent: 35 }, 'battery at 29%, resumes at 35%'],
  [{ kind: 'in-use', idleMs: minute, neededMs: 3 * minute }, 'you are using the computer (idle 1 of 3 min)'],
  [{ kind: 'in-use', idleMs: 179 * second, neededMs: 3 * minute }, 'you are using the computer (idle 2.9 of 3 min)'],
  [{ kind: 'other-programs', cpu: 0.604, limit: 0.5 }, 'other programs need the processor (60%, more than 50%)'],
  [{ kind: 'hot', part: 'gpu', celsius: 84.2, resumesBelow: 75 }, 'GPU at 84 °C, resumes below 75 °C'],
  [
    { kind: 'memory', allowedMiB: 384, neededMiB: 1_536 },
    'not enough memory is free (384 MiB, a request takes 1.5 GiB)',
  ],
  [
    { kind: 'data-used', usedMiB: 1_024, limitMiB: 1_024, resetsAt: 1 },
    'this month’s data is used up (1.0 GiB of 1.0 GiB)',
  ],
  [{ kind: 'program', name: 'Game.exe' }, 'Game.exe is running'],
  [{ kind: 'metered' }, 'this connection is metered'],
])('%j reads “%s”', (reason, sentence) => {
  expect(reasonSentence(reason, english.activity.reasons)).toBe(sentence)
})

// Moments of the machine's own day, whatever its time zone.
const now = new Date(2026, 5, 3, 14, 0).getTime()
const say = (activity: Parameters<typeof activitySentence>[0]['activity'], at: number | undefined = now) =>
  activitySentence({ activity, served: 1 }, english.activity, at)

it('a pause counts down, and names the time where it stands still', () => {
  const until = now + 30 * minute
  expect(say({ kind: 'paused', until })).toBe('Paused until 14:30, 30 min 0 s left')
  expect(say({ kind: 'paused', until }, until - 500)).toBe('Paused until 14:30, 1 s left')
  const still = (activity: Parameters<typeof say>[0]) =>
    activitySentence({ activity, served: 1 }, english.activity, now, { still: true })
  expect(still({ kind: 'paused', until })).toBe('Paused until 14:30')
  expect(still({ kind: 'paused', until: now + 26 * hour })).toBe('Paused until Thu 16:00')
  expect(say({ kind: 'paused', until: now + 26 * hour })).toBe('Paused until Thu 16:00, 26 h 0 min left')
  expect(say({ kind: 'paused' })).toBe('Paused until you resume')
})

it('a wait says what for, what is still being finished, and until when where that is known', () => {
  const schedule = { kind: 'schedule' as const }
  const battery = { kind: 'on-battery' as const }
  expect(say({ kind: 'waiting', reason: battery, jobs: 0, until: now + minute })).toBe('Waiting: on battery')
  expect(say({ kind: 'waiting', reason: schedule, jobs: 0, until: now + 5 * hour })).toBe(
    'Waiting: outside the hours you set, until 19:00',
  )
  const used = { kind: 'data-used', usedMiB: 10, limitMiB: 10 } as const
  const nextMonth = new Date(2026, 6, 1).getTime()
  expect(say({ kind: 'waiting', reason: { ...used, resetsAt: nextMonth }, jobs: 0, until: nextMonth })).toMatch(
    /, until 1 Jul, 00:00$/,
  )
  expect(say({ kind: 'waiting', reason: schedule, jobs: 2 })).toBe(
    'Finishing 2 requests, then waiting: outside the hours you set',
  )
})
