import type { Locator } from '@playwright/test'

/** Where a colour is on the picture in one frame, in pixels. */
export interface Spot {
  /** Its middle. */
  x: number
  y: number
  /** From the middle of the picture to the farthest pixel. */
  farthest: number
}

interface ColourWatch {
  /** A design token. */
  token: string
  /** Ends once the colour is so far from the middle of the picture; without it, once the colour has come and gone. */
  until?: number
}

/** Watches the picture of the topology for a colour: the frames in which it was there. `data-watched` says that it has begun. */
export function watchColour(picture: Locator, watch: ColourWatch): Promise<Spot[]> {
  return picture.evaluate(async (surface, { token, until }) => {
    const canvas = surface.querySelector('canvas')
    // What a worker draws on can be copied from, not looked into.
    const copy = document.createElement('canvas').getContext('2d', { willReadFrequently: true })
    if (canvas === null || copy === null) throw new Error('expected a canvas, and one to copy to')
    const probe = document.createElement('span')
    probe.style.color = `var(--${token})`
    document.body.append(probe)
    const [red = 0, green = 0, blue = 0] = (getComputedStyle(probe).color.match(/\d+/g) ?? []).map(Number)
    probe.remove()
    surface.dataset.watched = 'yes'
    const seen: { x: number; y: number; farthest: number }[] = []
    for (;;) {
      await new Promise(requestAnimationFrame)
      const { clientWidth: width, clientHeight: height } = canvas
      Object.assign(copy.canvas, { width, height })
      copy.drawImage(canvas, 0, 0, width, height)
      const { data } = copy.getImageData(0, 0, width, height)
      let [pixels, sumX, sumY, farthest] = [0, 0, 0, 0]
      for (let at = 0; at < data.length; at += 4) {
        const off = Math.abs((data[at] ?? 0) - red) + Math.abs((data[at + 1] ?? 0) - green)
        if (off + Math.abs((data[at + 2] ?? 0) - blue) > 6) continue
        const [x, y] = [(at / 4) % width, Math.floor(at / 4 / width)]
        pixels++
        sumX += x
        sumY += y
        farthest = Math.max(farthest, Math.hypot(x - width / 2, y - height / 2))
      }
      if (pixels > 0) seen.push({ x: sumX / pixels, y: sumY / pixels, farthest })
      if (until === undefined ? pixels === 0 && seen.length > 0 : farthest > until) return seen
    }
  }, watch)
}
