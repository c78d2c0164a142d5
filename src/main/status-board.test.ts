import { describe, expect, it } from 'vitest'
import { type ActivityFacts, activityOf } from './status-board.ts'

const ocr = { type: 'ocr', enabled: true, running: 0, waiting: 0, slots: 1, bound: 8 }
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

describe('a node’s activity', () => {
  it.each(cases)('is %s', (_what, facts, expected) => {
    expect(activityOf({ donating: true, services: [ocr], serving: 0, peers: 1, ...facts })).toEqual(expected)
  })
})
