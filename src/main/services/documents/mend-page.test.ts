import { describe, expect, it } from 'vitest'
import { evenedOut, type GreyPixels, isDark, leanOf, noiseOf } from './mend-page.ts'
import { withoutRules } from './rules.ts'

/** A page of 400 × 400 pixels, each as `at` says. */
function pageOf(at: (x: number, y: number) => number): GreyPixels {
  const pixels = Uint8Array.from({ length: 160_000 }, (_, index) => at(index % 400, Math.floor(index / 400)))
  return { pixels, width: 400, height: 400 }
}

/** Dashes of ink in lines 20 pixels apart, like words, which lean by some degrees. */
const lines = (degrees: number) =>
  pageOf((x, y) => {
    const level = y - x * Math.tan((degrees * Math.PI) / 180)
    return ((level % 20) + 20) % 20 < 6 && x % 50 < 40 && x > 20 && x < 380 ? 20 : 250
  })

let state = 1
const noise = () => {
  state = (state * 48_271) % 2_147_483_647
  return state / 2_147_483_647
}

describe('a page', () => {
  it.each([-12, -3.5, -0.5, 0, 1, 7])('whose lines lean by %d degrees is known to', degrees => {
    expect(leanOf(lines(degrees))).toBeCloseTo(degrees, 0)
  })

  it('without lines leans nowhere', () => {
    expect(leanOf(pageOf(() => 255))).toBe(0)
  })

  it('in a shadow becomes as bright as paper, with the ink as dark as before', () => {
    const { pixels, width } = lines(0)
    const shaded = pageOf((x, y) => ((pixels[y * width + x] ?? 0) * (90 + x / 4)) / 255)
    const out = evenedOut(shaded) ?? shaded.pixels
    const paper = [30, 200, 370].map(x => out[10 * width + x] ?? 0)
    expect(Math.min(...paper)).toBeGreaterThan(225)
    expect(out[22 * width + 60]).toBeLessThan(60)
  })

  it('that is bright all over is left as it is', () => {
    expect(evenedOut(lines(0))).toBeUndefined()
  })

  it('has grain and specks measured, and print counts as neither', () => {
    expect(noiseOf(lines(0))).toMatchObject({ grain: 0, specks: 0 })
    const { grain } = noiseOf(pageOf(() => 128 + (noise() + noise() + noise() - 1.5) * 40))
    expect(grain).toBeGreaterThan(15)
    expect(grain).toBeLessThan(25)
    expect(noiseOf(pageOf(() => (noise() < 0.02 ? 0 : 255))).specks).toBeGreaterThan(0.01)
  })

  it('that is white on black is told from one with much ink', () => {
    const print = lines(0)
    expect(isDark({ ...print, pixels: print.pixels.map(value => 255 - value) })).toBe(true)
    expect(isDark(pageOf(x => (x < 200 ? 0 : 255)))).toBe(false)
  })
})

describe('withoutRules', () => {
  it('takes thin long lines away, level and upright, and leaves letters and blocks of ink', () => {
    const drawn = pageOf((x, y) => {
      if (y === 100 || y === 101 || x === 50) return 0
      if (x >= 200 && x < 215 && y >= 200 && y < 203) return 0 // a stroke of a letter
      return x >= 250 && x < 350 && y >= 250 && y < 350 ? 0 : 255
    })
    const out = withoutRules(drawn) ?? drawn.pixels
    expect([out[100 * 400 + 300], out[101 * 400 + 10], out[300 * 400 + 50]]).toEqual([255, 255, 255])
    expect([out[201 * 400 + 207], out[300 * 400 + 300]]).toEqual([0, 0])
  })

  it('has nothing to take from a page without lines', () => {
    expect(withoutRules(lines(0))).toBeUndefined()
  })
})
