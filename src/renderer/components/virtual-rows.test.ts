import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { followsAfterScroll, rowAfterKey, scrollTopToShow, visibleRows } from './virtual-rows.ts'

it('draws every row that is in view, and few more', () => {
  fc.assert(
    fc.property(
      fc.nat(200_000),
      fc.integer({ min: 1, max: 2_000 }),
      fc.integer({ min: 10, max: 80 }),
      fc.nat(5_000),
      (scrollTop, viewHeight, rowHeight, count) => {
        const { start, end } = visibleRows(scrollTop, viewHeight, rowHeight, count)
        expect(start).toBeGreaterThanOrEqual(0)
        expect(end).toBeGreaterThanOrEqual(start)
        expect(end).toBeLessThanOrEqual(count)
        expect(end - start).toBeLessThanOrEqual(Math.ceil(viewHeight / rowHeight) + 1 + 16)
        const first = Math.floor(scrollTop / rowHeight)
        if (first < count) expect(start <= first && first < end).toBe(true)
      },
    ),
  )
})

it('scrolls no further than it takes to show a row', () => {
  expect(scrollTopToShow(0, 100, 300, 30)).toBe(0)
  expect(scrollTopToShow(5, 100, 300, 30)).toBe(100)
  expect(scrollTopToShow(20, 100, 300, 30)).toBe(330)
})

it.each([
  ['ArrowDown', 3, 4],
  ['ArrowDown', 9, 9],
  ['ArrowUp', 0, 0],
  ['PageDown', 3, 8],
  ['PageUp', 3, 0],
  ['Home', 5, 0],
  ['End', 5, 9],
  ['a', 5, undefined],
])('moves on %s from row %i of ten to %j', (key, row, expected) => {
  expect(rowAfterKey(key, row, 10, 5)).toBe(expected)
})

describe('a view that follows the end', () => {
  it('goes on when rows came below it, or when the list got shorter', () => {
    expect(followsAfterScroll(true, { from: 400, to: 400, atEnd: false })).toBe(true)
    expect(followsAfterScroll(true, { from: 400, to: 120, atEnd: true })).toBe(true)
  })

  it('stops when the reader scrolls up, and goes on once they are back at the end', () => {
    expect(followsAfterScroll(true, { from: 400, to: 300, atEnd: false })).toBe(false)
    expect(followsAfterScroll(false, { from: 200, to: 300, atEnd: false })).toBe(false)
    expect(followsAfterScroll(false, { from: 300, to: 400, atEnd: true })).toBe(true)
  })
})
