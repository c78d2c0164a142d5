import { describe, expect, it } from 'vitest'
import type { Allowance } from '../shared/schema/allowance.ts'
import { sampleServiceNeeds } from '../shared/testing/samples.ts'
import { type ActivityFacts, activityOf } from './status-board.ts'

const ocr = { type: 'ocr', enabled: true, needs: sampleServiceNeeds, running: 0, waiting: 0, slots: 1, bound: 8 }
const off = { ...ocr, enabled: false, unavailable: { kind: 'disabled' as const } }

const cases: [string, Partial<ActivityFacts>, unknown][] = [
  ['off when nothing is donated', { donating: false }, { kind: 'off' }],
  ['stopping while its last jobs finish', { donating: false, serving: 2 }, { kind: 'stopping', jobs: 2 }],
  ['working while it serves', { serving: 3 }, { kind: 'working', jobs: 3 }],
  ['without a service when all are off', { services: [off] }, { kind: 'no-service' }],
  ['ready when there are peers', {}, { kind: 'ready' }],
  ['alone, with the time of the next try', { peers: 0, nextTryAt: 5 }, { kind: 'alone', nextTryAt: 5 }],
  ['alone while it tries', { peers: 0 }, { kind: 'alone' }],
]

const free: Allowance = {
  mode: 'work',
  reason: { kind: 'clear' },
  cpuThreads: 4,
  jobs: 4,
  memoryMiB: 4_096,
  gpu: { use: true, reason: { kind: 'clear' }, vramKeptFreeMiB: 0 },
  blind: [],
}
const battery = { kind: 'on-battery' as const, percent: 40 }
const onGpu = { ...ocr, unavailable: { kind: 'gpu-paused' as const } }
const hot = { kind: 'hot' as const, part: 'gpu' as const, celsius: 84, resumesBelow: 75 }

cases.push(
  [
    'paused, with its end',
    { allowance: { ...free, mode: 'halt', reason: { kind: 'paused', until: 9 } } },
    { kind: 'paused', until: 9 },
  ],
  [
    'waiting for a rule',
    { allowance: { ...free, mode: 'halt', reason: battery } },
    { kind: 'waiting', reason: battery, jobs: 0 },
  ],
  [
    'waiting after what it finishes',
    { serving: 2, allowance: { ...free, mode: 'drain', reason: battery, until: 7 } },
    { kind: 'waiting', reason: battery, jobs: 2, until: 7 },
  ],
  [
    'stopping when the owner wants it after its jobs',
    { serving: 1, allowance: { ...free, mode: 'drain', reason: { kind: 'finishing' } } },
    { kind: 'stopping', jobs: 1 },
  ],
  ['stopping when the node is about to stop', { serving: 2, draining: true }, { kind: 'stopping', jobs: 2 }],
  [
    'waiting for a graphics card that everything needs',
    { services: [onGpu, off], allowance: { ...free, gpu: { ...free.gpu, use: false, reason: hot } } },
    { kind: 'waiting', reason: hot, jobs: 0 },
  ],
  [
    'working when it is only slowed down',
    { serving: 1, allowance: { ...free, mode: 'slow', reason: { kind: 'in-use', idleMs: 0, neededMs: 1 } } },
    { kind: 'working', jobs: 1 },
  ],
)

describe('a node’s activity', () => {
  it.each(cases)('is %s', (_what, facts, expected) => {
    expect(
      activityOf({ donating: true, allowance: free, services: [ocr], serving: 0, draining: false, peers: 1, ...facts }),
    ).toEqual(expected)
  })
})
