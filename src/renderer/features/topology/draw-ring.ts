import { circle } from './draw-gauges.ts'
import { type Camera, type Size, toScreen } from './geometry.ts'

/** The circle that stands for the key space, under the nodes that have their places on it. */
export function drawRing(
  context: OffscreenCanvasRenderingContext2D,
  radius: number,
  { camera, size, color }: { camera: Camera; size: Size; color: string },
): void {
  context.strokeStyle = color
  context.lineWidth = 1
  context.globalAlpha = 0.4
  context.beginPath()
  circle(context, toScreen({ x: 0, y: 0 }, camera, size), radius * camera.scale)
  context.stroke()
  context.globalAlpha = 1
}
