import { describe, expect, it } from 'vitest'
import { sampleContribution } from '../../shared/testing/samples.ts'
import { day, hour, minute, second } from '../../shared/units.ts'
import { formatBandwidth, parseRate } from './bandwidth.ts'
import { formatContribution } from './contribution.ts'
import { parseDuration } from './options.ts'
import { formatSchedule, parseSpans } from './schedule.ts'

describe('a length of time', () => {
  it.each([
    ['30m', 30 * minute],
    ['30', 30 * minute],
    ['2h', 2 * hour],
    ['1h30m', 90 * minute],
    ['1h 30min', 90 * minute],
    ['45s', 45 * second],
    ['7d', 7 * day],
  ])('%s is read', (text, ms) => {
    expect(parseDuration(text)).toBe(ms)
  })

  it.each(['', 'soon', '0', '-5m', '5x', '1h and more', '400d', '1.5h'])('“%s” is refused', text => {
    expect(() => parseDuration(text)).toThrow(/length of time/)
  })
})

describe('a schedule', () => {
  it('is read as days and hours', () => {
    expect(parseSpans(['mon-wed', '19:00-07:00', 'sat,sun', '00:00-00:00'])).toEqual([
      { days: ['mon', 'tue', 'wed'], from: '19:00', to: '07:00' },
      { days: ['sat', 'sun'], from: '00:00', to: '00:00' },
    ])
    expect(parseSpans(['fri-mon', '08:00-12:00'])[0]?.days).toEqual(['fri', 'sat', 'sun', 'mon'])
  })

  it.each([[['monday', '19:00-07:00']], [['mon', '19:00']], [['mon']], [['mon', '25:00-26:00']]])(
    '%j is refused',
    words => {
      expect(() => parseSpans(words)).toThrow(/days and hours/)
    },
  )

  it('is shown as it is given', () => {
    expect(formatSchedule(undefined)).toBe('At any hour.')
    const spans = parseSpans(['mon', '19:00-07:00'])
    expect(formatSchedule({ spans, timeZone: 'Europe/London' })).toBe('mon 19:00-07:00\nTime zone: Europe/London')
  })
})

describe('a bound for the connection', () => {
  it('is KiB a second, or none', () => {
    expect([parseRate('250'), parseRate('none')]).toEqual([250, null])
    expect(formatBandwidth({ down: 250, up: null })).toBe('Down: at most 250 KiB/s\nUp: no limit')
  })

  it.each(['0', '-1', '2.5', 'fast', '10485761'])('“%s” is refused', text => {
    expect(() => parseRate(text)).toThrow(/KiB a second/)
  })
})

it('a contribution shows each service and all of them', () => {
  const sum = { ...sampleContribution.served, jobs: 3, verified: 1, bytesIn: 2_097_152, cpuMs: 90_000 }
  const text = formatContribution(
    {
      days: [{ ...sum, day: '2026-06-03', service: 'ocr', role: 'served' }],
      served: sum,
      energy: { wattHours: 87.5, cost: { amount: 0.026, currency: 'GBP' } },
    },
    { from: '2026-05-04', to: '2026-06-03' },
  )
  expect(text).toMatch(/^2026-05-04 to 2026-06-03/)
  expect(text).toMatch(/ocr +3 +0 +1 +2\.0 MiB +1\.5 min +0\.0 s/)
  expect(text).toContain('About 0.087 kWh, 0.03 GBP')
})
