import { describe, expect, it } from 'vitest'
import { mayForward } from './forwarding-rule.ts'

describe('whether a request may be sent on', () => {
  it.each([
    ['program', 0, false, true],
    ['program', 1, false, true],
    ['program', 2, false, false],
    ['peer', 0, false, false],
    ['peer', 1, false, false],
    ['peer', 1, true, true],
    ['peer', 2, true, false],
    ['page', 0, true, false],
  ] as const)('from a %s after %i nodes, where this one forwards for peers: %s → %s', (from, hops, forwards, may) => {
    expect(mayForward({ from, hops, forwardsForPeers: forwards })).toBe(may)
  })
})
