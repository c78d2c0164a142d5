import { describe, expect, it } from 'vitest'
import { formatBytes, formatDuration, parseNumber, secondsUntil, shortPeerId } from './format.ts'
import { speaker } from './index.ts'

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

describe('a number that is typed', () => {
  it.each([
    ['en', '10,000', 10_000],
    ['en', '1,048,576', 1_048_576],
    ['en', '1,250.5', 1_250.5],
    ['en', '10.5', 10.5],
    ['en', '10,5', 10.5],
    ['en', '0,125', 0.125],
    ['de', '10.000', 10_000],
    ['de', '1.250,5', 1_250.5],
    ['de', '10,5', 10.5],
    ['de', '10.5', 10.5],
    ['de', '0.125', 0.125],
    ['de', '1.250', 1_250],
    ['de', '1,250', 1.25],
    ['en', '1.250', 1.25],
    ['de', '1.00.000', undefined],
    ['en', '1,000,00', undefined],
    ['en', '1,000,000.5.5', undefined],
    ['en', 'soon', undefined],
  ] as const)('in %s reads %s as %j', (language, text, number) => {
    speaker.use(language, [])
    expect(parseNumber(text)).toBe(number)
    speaker.use('system', [])
  })
})
