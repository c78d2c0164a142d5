import fc from 'fast-check'
import { expect, it } from 'vitest'
import { activitySentence, gpuPauseSentence } from './activity-sentence.ts'
import type { Activity } from './schema/status.ts'
import { english } from './strings/english.ts'

const now = 1_700_000_000_000
const say = (activity: Activity, served = 1) => activitySentence({ activity, served }, english.activity, now)

it.each<[Activity, string]>([
  [{ kind: 'starting' }, 'Starting…'],
  [{ kind: 'off' }, 'Off: nothing runs for others'],
  [{ kind: 'no-service' }, 'Waiting: no service can run on this machine yet'],
  [{ kind: 'alone' }, 'No network: 0 peers'],
  [{ kind: 'alone', nextTryAt: now + 20_000 }, 'No network: 0 peers, next try in 20 s'],
  [{ kind: 'alone', nextTryAt: now + 1 }, 'No network: 0 peers, next try in 1 s'],
  [{ kind: 'alone', nextTryAt: now }, 'No network: 0 peers, trying now…'],
  [{ kind: 'alone', nextTryAt: now - 5_000 }, 'No network: 0 peers, trying now…'],
  [{ kind: 'ready' }, 'Ready: waiting for the next request'],
  [{ kind: 'working', jobs: 1 }, 'Working on 1 request'],
  [{ kind: 'working', jobs: 1_200 }, 'Working on 1,200 requests'],
  [{ kind: 'stopping', jobs: 0 }, 'Stopping…'],
  [{ kind: 'stopping', jobs: 1 }, 'Finishing 1 request, then stopping'],
])('%j reads “%s”', (activity, sentence) => {
  expect(say(activity)).toBe(sentence)
})

it.each<[number | undefined, string]>([
  [undefined, 'Graphics cards are paused until you resume them'],
  [now + 65_000, 'Graphics cards are paused until 22:14, 1 min 5 s left'],
  [now, 'Graphics cards are paused until 22:13'],
])('a pause of graphics cards until %s reads “%s”', (until, sentence) => {
  const reason = { kind: 'gpu-paused' as const, ...(until === undefined ? {} : { until }) }
  const said = gpuPauseSentence(
    { mode: 'work', gpu: { use: false, reason, vramKeptFreeMiB: 0 } },
    english.activity,
    now,
  )
  expect(said?.replace(/until \d\d:/, 'until 22:')).toBe(sentence)
})

it('says nothing of graphics cards that are not paused, or while all is', () => {
  const gpu = { use: true, reason: { kind: 'clear' }, vramKeptFreeMiB: 0 } as const
  expect(gpuPauseSentence({ mode: 'work', gpu }, english.activity, now)).toBeUndefined()
  const paused = { ...gpu, reason: { kind: 'gpu-paused' } } as const
  expect(gpuPauseSentence({ mode: 'halt', gpu: paused }, english.activity, now)).toBeUndefined()
})

it('counts down for a donor whose services all need the paused card', () => {
  const reason = { kind: 'gpu-paused', until: now + 65_000 } as const
  expect(say({ kind: 'waiting', reason, until: reason.until, jobs: 0 })).toMatch(
    /^Waiting: you have paused graphics cards, until \d\d:14, 1 min 5 s left$/,
  )
})

it('tells a donor whose first request is still to come so', () => {
  expect(say({ kind: 'ready' }, 0)).toBe('Ready: no requests yet')
})

it('names no seconds where it stands still', () => {
  const activity: Activity = { kind: 'alone', nextTryAt: now + 20_000 }
  expect(activitySentence({ activity, served: 0 }, english.activity, now, { still: true })).toBe('No network: 0 peers')
})

it('never counts down to nothing or below', () => {
  fc.assert(
    fc.property(fc.integer({ min: -1e7, max: 1e7 }), wait => {
      const seconds = /in (-?[\d,]+) s$/.exec(say({ kind: 'alone', nextTryAt: now + wait }))?.[1]
      expect(seconds === undefined).toBe(wait <= 0)
      expect(Number(seconds?.replaceAll(',', '') ?? 1)).toBeGreaterThan(0)
    }),
  )
})
