import { expect, it } from 'vitest'
import { watchPixelRatio } from './watch-pixel-ratio.ts'

/** A window's displays. No browser without a screen tells of another display, so this one does. */
class Displays {
  devicePixelRatio = 1
  readonly #queries = new Map<string, EventTarget>()

  matchMedia = (query: string): MediaQueryList => {
    const asked = this.#queries.get(query) ?? new EventTarget()
    this.#queries.set(query, asked)
    return asked as MediaQueryList
  }

  moveTo(pixelRatio: number): void {
    const left = this.#queries.get(`(resolution: ${this.devicePixelRatio}dppx)`)
    this.devicePixelRatio = pixelRatio
    left?.dispatchEvent(new Event('change'))
  }
}

it('tells of each display with other pixels until it is stopped', () => {
  const displays = new Displays()
  const stop = new AbortController()
  const seen: number[] = []
  watchPixelRatio(displays, () => seen.push(displays.devicePixelRatio), stop.signal)
  displays.moveTo(2)
  displays.moveTo(1.5)
  displays.moveTo(1)
  expect(seen).toEqual([2, 1.5, 1])
  stop.abort()
  displays.moveTo(2)
  expect(seen).toEqual([2, 1.5, 1])
})
