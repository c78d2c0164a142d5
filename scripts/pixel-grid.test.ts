import fc from 'fast-check'
import { expect, it } from 'vitest'
import { alignRound, alignSpan, alignToPixels } from './pixel-grid.ts'

const sizes = fc.constantFrom(16, 18, 20, 23, 24, 27, 30, 32, 36, 48, 54, 72)
const place = fc.double({ min: 0, max: 24, noNaN: true })

it('puts both edges between pixels, no further off than half of one', () => {
  fc.assert(
    fc.property(sizes, place, place, (to, a, b) => {
      const [start, end] = [Math.min(a, b), Math.max(a, b)]
      const [first, last] = alignSpan(start, end, { from: 24, to })
      expect([first, last].every(Number.isInteger)).toBe(true)
      expect(last).toBeGreaterThan(first)
      expect(Math.abs(first - (start * to) / 24)).toBeLessThanOrEqual(0.5)
    }),
  )
})

it('keeps what is centred in the middle', () => {
  fc.assert(
    fc.property(sizes, fc.double({ min: 1, max: 11, noNaN: true }), (to, radius) => {
      const aligned = alignRound(12, radius, { from: 24, to })
      expect(aligned.centre).toBe(to / 2)
      expect(Number.isInteger(aligned.centre - aligned.radius)).toBe(true)
    }),
  )
})

it('aligns rectangles and circles of a drawing and leaves the rest', () => {
  const svg =
    '<svg><rect x="4.6" y="3" width="5.8" height="18" rx="1"/><circle cx="12" cy="4.25" r="3"/><path d="M1 1"/></svg>'
  expect(alignToPixels(svg, { from: 24, to: 24 })).toBe(
    '<svg><rect x="5" y="3" width="5" height="18" rx="1"/><circle cx="12" cy="4" r="3"/><path d="M1 1"/></svg>',
  )
})
