import { describe, expect, it } from 'vitest'
import { formatBytes, formatDuration, secondsUntil, shortPeerId } from './format.ts'

describe('values in words', () => {
  it('gives durations the unit that fits', () => {
    expect([0.42, 35.4, 2_400, 185_000, 7_500_000].map(formatDuration)).toEqual([
      '0.4 ms',
      '35 ms',
      '2.4 s',
      '3 min 5 s',
      '2 h 5 min',
    ])
  })

  it('gives bytes a binary unit', () => {
    expect([812, 1_468_006, 26_214_400].map(formatBytes)).toEqual(['812 B', '1.4 MiB', '25 MiB'])
  })

  it('never counts below zero', () => {
    expect(secondsUntil(1_000, 5_000)).toBe(0)
  })

  it('shows the end of a peer id, where two of them differ', () => {
    expect(shortPeerId('12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp')).toBe('…c6iDEp')
  })
})
