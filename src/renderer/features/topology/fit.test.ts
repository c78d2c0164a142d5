import { describe, expect, it } from 'vitest'
import { type Box, type FitNode, fitCamera } from './fit.ts'
import { type Camera, toScreen } from './geometry.ts'
import { nodePixels } from './node-look.ts'

const size = { width: 1_056, height: 800 }
const legend: Box = { left: 12, right: 400, top: 624, bottom: 788 }
const tools: Box = { left: 1_010, right: 1_044, top: 690, bottom: 788 }

const bubble = (x: number, y: number, radius = 60): FitNode => ({ look: 'group', size: radius, place: { x, y } })
const self: FitNode = { look: 'self', size: 11, place: { x: 0, y: 0 } }

/** Where a bubble with its load ring lies on the screen. */
function drawn({ look, size: radius, place = { x: 0, y: 0 } }: FitNode, camera: Camera): Box {
  const { x, y } = toScreen(place, camera, size)
  const reach = nodePixels(look, radius, camera.scale) + 5
  return { left: x - reach, right: x + reach, top: y - reach, bottom: y + reach }
}

const meet = (a: Box, b: Box) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom

describe('the fit of the picture', () => {
  it('keeps this machine in the middle and everything within the picture', () => {
    const nodes = [self, bubble(-2_000, 0), bubble(3_000, 900), bubble(0, -1_500)]
    const camera = fitCamera(nodes, size, [])
    expect(toScreen({ x: 0, y: 0 }, camera, size)).toEqual({ x: 528, y: 400 })
    for (const node of nodes) {
      const { left, right, top, bottom } = drawn(node, camera)
      expect([left >= 0, right <= size.width, top >= 0, bottom <= size.height]).toEqual([true, true, true, true])
    }
  })

  it('keeps the rims of bubbles out of the legend and the tools, wherever they stand', () => {
    const covers = [legend, tools]
    for (let angle = 0; angle < 2 * Math.PI; angle += 0.05) {
      const nodes = [self, bubble(600 * Math.cos(angle), 600 * Math.sin(angle))]
      const camera = fitCamera(nodes, size, covers)
      for (const node of nodes) for (const cover of covers) expect(meet(drawn(node, camera), cover)).toBe(false)
    }
  })

  it('goes above the legend rather than shrink much', () => {
    const around = [bubble(-210, -280), bubble(80, -180), bubble(360, -70), bubble(-240, 25), bubble(140, 130)]
    const nodes = [self, ...around, bubble(-120, 300)]
    const free = fitCamera(nodes, size, [])
    expect(nodes.some(node => meet(drawn(node, free), legend))).toBe(true)
    const camera = fitCamera(nodes, size, [legend, tools])
    expect(camera.scale / free.scale).toBeGreaterThan(0.75)
    expect(toScreen({ x: 0, y: 0 }, camera, size).y).toBeLessThan(400)
  })

  it('gives way only so far to what covers most of the picture', () => {
    const nodes = [self, bubble(-300, 0), bubble(300, 0)]
    const { scale } = fitCamera(nodes, size, [])
    const covered = fitCamera(nodes, size, [{ left: 0, right: 900, top: 0, bottom: 800 }])
    expect(covered.scale / scale).toBeCloseTo(0.5)
  })

  it('blows a few nodes up no further than a size at which they are still nodes', () => {
    expect(fitCamera([self], size, [legend]).scale).toBeCloseTo(1.6)
    expect(fitCamera([self], { width: 3_840, height: 2_160 }, []).scale).toBeCloseTo(1.6 * (2_160 / 800))
  })
})
