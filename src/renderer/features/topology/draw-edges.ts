import type { PathKind } from '../../../shared/schema/primitives.ts'
import type { Point } from './geometry.ts'
import type { Palette } from './palette.ts'

export interface DrawnEdge {
  a: Point
  b: Point
  path: PathKind
  /** Belongs to this machine or to what is pointed at. */
  strong: boolean
}

/** Beyond so many edges in view dashes cannot be told apart any more, and cost several times as much. */
const dashLimit = 800

const dashes: Record<PathKind, number[]> = { local: [], direct: [], vpn: [], tunnel: [1.5, 4.5], relay: [7, 5] }

/** Draws edges in a few batches: one path for each way of drawing. Points are pixels. */
export function drawEdges(context: CanvasRenderingContext2D, edges: readonly DrawnEdge[], palette: Palette): void {
  const dense = edges.length > dashLimit
  for (const strong of [false, true]) {
    context.strokeStyle = strong ? palette.edgeStrong : palette.edge
    context.globalAlpha = strong ? 0.85 : dense ? 0.32 : 0.6
    context.lineWidth = strong ? 1.4 : 1
    if (dense && !strong) {
      stroke(
        context,
        edges.filter(edge => !edge.strong),
      )
      continue
    }
    for (const path of ['direct', 'relay', 'tunnel', 'vpn'] as const) {
      const batch = edges.filter(edge => edge.strong === strong && edge.path === path)
      if (batch.length === 0) continue
      context.setLineDash(dashes[path])
      if (path === 'vpn') for (const side of [-1.8, 1.8]) stroke(context, batch, side)
      else stroke(context, batch)
    }
    context.setLineDash([])
  }
  context.globalAlpha = 1
}

/** `side` moves each line sideways by so many pixels. */
function stroke(context: CanvasRenderingContext2D, edges: readonly DrawnEdge[], side = 0): void {
  context.beginPath()
  for (const { a, b } of edges) {
    const length = side === 0 ? 1 : Math.hypot(b.x - a.x, b.y - a.y) || 1
    const [dx, dy] = [(-(b.y - a.y) / length) * side, ((b.x - a.x) / length) * side]
    context.moveTo(a.x + dx, a.y + dy)
    context.lineTo(b.x + dx, b.y + dy)
  }
  context.stroke()
}
