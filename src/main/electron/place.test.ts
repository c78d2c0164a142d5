import type { Rectangle } from 'electron'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { placeOnDisplays } from './place.ts'

const left: Rectangle = { x: 0, y: 25, width: 1_920, height: 1_055 }
const right: Rectangle = { x: 1_920, y: 0, width: 2_560, height: 1_400 }
const window = { width: 900, height: 700 }

describe('a window opens', () => {
  it.each([
    ['on the first display', { x: 100, y: 100 }],
    ['on another display', { x: 2_500, y: 300 }],
    ['across two displays', { x: 1_500, y: 100 }],
    ['partly beyond an edge, with enough left to take hold of', { x: -836, y: 100 }],
    ['partly below', { x: 100, y: 1_000 }],
  ])('where it was: %s', (_where, corner) => {
    expect(placeOnDisplays({ ...corner, ...window }, [left, right])).toEqual({ ...corner, ...window })
  })

  it.each([
    ['on a display that is gone', { x: 5_000, y: 100 }],
    ['all but a sliver beyond the left edge', { x: -837, y: 100 }],
    ['with its title bar above the top', { x: 100, y: -40 }],
    ['with its title bar below the bottom', { x: 100, y: 1_030 }],
  ])('in the middle of the first display when it was %s', (_where, corner) => {
    expect(placeOnDisplays({ ...corner, ...window }, [left])).toEqual({ x: 510, y: 203, ...window })
  })

  it('no larger than the display it is moved to', () => {
    const saved = { x: 9_000, y: 9_000, width: 4_000, height: 3_000 }
    expect(placeOnDisplays(saved, [left])).toEqual(left)
  })

  it('where the system puts it, the first time and without any display', () => {
    expect(placeOnDisplays(undefined, [left])).toBeUndefined()
    expect(placeOnDisplays({ x: 0, y: 0, ...window }, [])).toBeUndefined()
  })
})

it('always leaves a window that can be seen and moved, and puts it there once only', () => {
  const area = fc.record({
    x: fc.integer({ min: -8_000, max: 8_000 }),
    y: fc.integer({ min: -8_000, max: 8_000 }),
    width: fc.integer({ min: 200, max: 8_000 }),
    height: fc.integer({ min: 200, max: 8_000 }),
  })
  fc.assert(
    fc.property(area, fc.array(area, { minLength: 1, maxLength: 4 }), (saved, displays) => {
      const placed = placeOnDisplays(saved, displays)
      expect(placeOnDisplays(placed, displays)).toEqual(placed)
      const { x, y, width } = placed ?? saved
      const holds = (display: Rectangle) =>
        x + width >= display.x + 64 &&
        x <= display.x + display.width - 64 &&
        y >= display.y &&
        y <= display.y + display.height - 64
      expect(displays.some(holds)).toBe(true)
    }),
  )
})
