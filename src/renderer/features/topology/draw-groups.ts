import { circle, drawGauges } from './draw-gauges.ts'
import type { Point } from './geometry.ts'
import type { Palette } from './palette.ts'
import type { SceneNode } from './scene.ts'

/** Between a bubble's rim and the middle of its load ring. */
const loadGap = 4
/** Opacity of a bubble, and of the part in it that stands for those who donate. */
const paleness = { all: 0.16, donating: 0.42 }
/** A number is written in bubbles of at least this radius, in pixels. */
const countFrom = 13

/**
 * Draws groups: a pale bubble with the number of its members; the darker part in it has the share of the area that donates.
 * An open group is a small mark with a minus sign.
 */
export function drawGroups(
  context: OffscreenCanvasRenderingContext2D,
  groups: readonly SceneNode[],
  palette: Palette,
): void {
  const alpha = context.globalAlpha
  for (const node of groups) {
    if (node.look === 'open-group') drawMinus(context, node, palette)
    else drawBubble(context, node, palette)
    context.globalAlpha = alpha
  }
}

function drawBubble(
  context: OffscreenCanvasRenderingContext2D,
  { x, y, radius, load, members }: SceneNode,
  palette: Palette,
): void {
  const alpha = context.globalAlpha
  const color = palette.nodes.worker
  const { count, donating } = members ?? { count: 0, donating: 0 }
  // Edges end at the rim.
  disc(context, { x, y }, radius, palette.page, alpha)
  disc(context, { x, y }, radius, color, alpha * paleness.all)
  disc(context, { x, y }, radius * Math.sqrt(donating / Math.max(1, count)), color, alpha * paleness.donating)
  context.globalAlpha = alpha
  if (load > 0.01) drawGauges(context, [{ x, y, radius: radius + loadGap, load }], color)
  if (radius < countFrom) return
  context.fillStyle = palette.text
  context.font = `600 ${radius < 20 ? 11 : 13}px system-ui, sans-serif`
  context.textAlign = 'center'
  context.textBaseline = 'middle'
  context.fillText(String(count), x, y)
}

function disc(
  context: OffscreenCanvasRenderingContext2D,
  at: Point,
  radius: number,
  color: string,
  alpha: number,
): void {
  context.globalAlpha = alpha
  context.fillStyle = color
  context.beginPath()
  circle(context, at, radius)
  context.fill()
}

function drawMinus(context: OffscreenCanvasRenderingContext2D, { x, y, radius }: SceneNode, palette: Palette): void {
  context.fillStyle = palette.page
  context.strokeStyle = palette.edgeStrong
  context.lineWidth = 1.4
  context.beginPath()
  circle(context, { x, y }, radius)
  context.fill()
  context.stroke()
  context.beginPath()
  context.moveTo(x - radius * 0.5, y)
  context.lineTo(x + radius * 0.5, y)
  context.stroke()
}
