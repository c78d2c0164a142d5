import type { Point } from './geometry.ts'

/** `radius` is the gauge's own. */
export interface Gauge extends Point {
  radius: number
  /** 0 to 1. */
  load: number
}

/** Faint tracks, filled clockwise from the top. */
export function drawGauges(context: OffscreenCanvasRenderingContext2D, gauges: readonly Gauge[], color: string): void {
  const alpha = context.globalAlpha
  context.strokeStyle = color
  context.lineWidth = 2
  context.globalAlpha = alpha * 0.25
  context.beginPath()
  for (const gauge of gauges) circle(context, gauge, gauge.radius)
  context.stroke()
  context.globalAlpha = alpha
  context.beginPath()
  for (const { x, y, radius, load } of gauges) {
    context.moveTo(x, y - radius)
    context.arc(x, y, radius, -Math.PI / 2, 2 * Math.PI * Math.min(0.999, load) - Math.PI / 2)
  }
  context.stroke()
}

export function circle(context: OffscreenCanvasRenderingContext2D, { x, y }: Point, radius: number): void {
  context.moveTo(x + radius, y)
  context.arc(x, y, radius, 0, 2 * Math.PI)
}
