import type { Point } from './geometry.ts'
import type { NodeLook } from './node-look.ts'
import type { Palette } from './palette.ts'

export interface DrawnNode extends Point {
  /** Pixels. */
  radius: number
  look: NodeLook
  /** 0 to 1, drawn as a ring where it is known. */
  load: number | undefined
  faded: boolean
  ringed: boolean
}

const looks: readonly NodeLook[] = ['peer', 'paused', 'worker', 'coordinator', 'self']
/** Below this radius in pixels details are not visible. */
const detailRadius = 4.5

/** Draws nodes in batches, one for each look, this machine on top. */
export function drawNodes(context: CanvasRenderingContext2D, nodes: readonly DrawnNode[], palette: Palette): void {
  for (const faded of [true, false]) {
    context.globalAlpha = faded ? 0.18 : 1
    for (const look of looks) {
      const batch = nodes.filter(node => node.look === look && node.faded === faded)
      if (batch.length > 0) drawBatch(context, batch, look, palette)
    }
  }
  context.globalAlpha = 1
}

function drawBatch(
  context: CanvasRenderingContext2D,
  nodes: readonly DrawnNode[],
  look: NodeLook,
  palette: Palette,
): void {
  const color = palette.nodes[look]
  context.fillStyle = look === 'peer' ? palette.page : color
  context.strokeStyle = look === 'peer' ? color : palette.page
  context.lineWidth = 1.5
  context.beginPath()
  for (const node of nodes) outline(context, node)
  context.fill()
  context.stroke()
  if (look === 'paused') drawPauseBars(context, nodes, palette.page)
  context.strokeStyle = color
  context.lineWidth = 2
  context.beginPath()
  for (const node of nodes) {
    const ring = node.radius + 3.5
    if (node.load !== undefined && node.load > 0.01 && node.radius >= detailRadius) {
      context.moveTo(node.x, node.y - ring)
      context.arc(node.x, node.y, ring, -Math.PI / 2, -Math.PI / 2 + 2 * Math.PI * Math.min(0.999, node.load))
    }
    if (look === 'self' || node.ringed) circle(context, node, node.radius + 7)
  }
  context.stroke()
}

function outline(context: CanvasRenderingContext2D, node: DrawnNode): void {
  if (node.look !== 'coordinator') {
    circle(context, node, node.radius)
    return
  }
  const reach = node.radius * 1.2
  context.moveTo(node.x, node.y - reach)
  context.lineTo(node.x + reach, node.y)
  context.lineTo(node.x, node.y + reach)
  context.lineTo(node.x - reach, node.y)
  context.closePath()
}

function circle(context: CanvasRenderingContext2D, { x, y }: Point, radius: number): void {
  context.moveTo(x + radius, y)
  context.arc(x, y, radius, 0, 2 * Math.PI)
}

function drawPauseBars(context: CanvasRenderingContext2D, nodes: readonly DrawnNode[], color: string): void {
  context.strokeStyle = color
  context.lineWidth = 1.8
  context.beginPath()
  for (const { x, y, radius } of nodes) {
    if (radius < detailRadius) continue
    for (const dx of [-radius * 0.25, radius * 0.25]) {
      context.moveTo(x + dx, y - radius * 0.4)
      context.lineTo(x + dx, y + radius * 0.4)
    }
  }
  context.stroke()
}
