import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { betterTurn, mayLie, readability, type Turn, turnedBack } from './page-turn.ts'

const word = (text: string, confidence: number) => ({ text, confidence, box: { x0: 0, y0: 0, x1: 1, y1: 1 } })
const scores = (...entries: [Turn, number][]) => new Map(entries)

describe('a page', () => {
  it('that reads surely stands upright', () => {
    expect(mayLie([word('Northgate', 0.95), word('Community', 0.9)])).toBe(false)
    expect(mayLie([word('aJe6yyoN', 0.4), word('Ay', 0.3)])).toBe(true)
    expect(mayLie([])).toBe(true)
  })

  it('is turned only to where it reads clearly better', () => {
    expect(betterTurn(20, scores([180, 200], [90, 10]))).toBe(180)
    expect(betterTurn(100, scores([180, 110], [90, 10]))).toBe(0)
    expect(betterTurn(0, scores([180, 3], [90, 0]))).toBe(0)
  })

  it('is read by its words, not by noise', () => {
    expect(readability([word('Northgate', 1), word('|', 0.9), word('xq', 0.2)])).toBe(9)
  })

  it('turned four times by a quarter has its boxes where they were', () => {
    const side = fc.integer({ min: 1, max: 1_000 })
    fc.assert(
      fc.property(side, side, side, side, (x, y, width, height) => {
        const start = { x0: x, y0: y, x1: x + 10, y1: y + 5 }
        let box = start
        let [w, h] = [width + 1_100, height + 1_100]
        for (let turn = 0; turn < 4; turn++) {
          box = turnedBack(box, 90, w, h)
          ;[w, h] = [h, w]
        }
        expect(box).toEqual(start)
        const half = turnedBack(turnedBack(start, 180, w, h), 180, w, h)
        expect(half).toEqual(start)
        expect(turnedBack(turnedBack(start, 90, w, h), 270, h, w)).toEqual(start)
      }),
    )
  })
})
