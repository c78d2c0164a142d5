import type { PathKind } from '../../../shared/schema/primitives.ts'
import type { Size } from './geometry.ts'
import type { Palette } from './palette.ts'
import { mayCross, type Scene, type SceneEdge } from './scene.ts'

/** Beyond so many edges in view dashes cannot be told apart any more, and cost several times as much. */
const dashLimit = 800
/** Up to so many edges each is drawn at full strength; more of them share the ink. */
const sparse = 150

const dashes: Record<PathKind, number[]> = { local: [], direct: [], vpn: [], tunnel: [1.5, 4.5], relay: [7, 5] }
const paths = ['direct', 'relay', 'tunnel', 'vpn'] as const

export interface EdgeEmphasis {
  /** The node whose edges stand out; this machine's do where there is none. */
  focus: string | undefined
  /** The edge that the pointer is on. */
  pointedAt: SceneEdge | undefined
}

/** Draws edges in a few batches: one path for each way of drawing. */
export function drawEdges(
  context: OffscreenCanvasRenderingContext2D,
  { nodes, edges }: Scene,
  shown: EdgeEmphasis & { size: Size; palette: Palette },
): void {
  const isGroupOpen = nodes.some(({ look }) => look === 'open-group')
  const quiet: SceneEdge[] = []
  const strong: SceneEdge[] = []
  for (const edge of edges) {
    // A connection of somebody who is not looked for says nothing.
    if ((edge.a.faded || edge.b.faded) && edge !== shown.pointedAt) continue
    if (mayCross(edge, shown.size)) (isStrong(edge, shown) ? strong : quiet).push(edge)
  }
  drawQuiet(context, isGroupOpen && quiet.length > sparse ? quiet.filter(tellsApart) : quiet, shown.palette)
  context.strokeStyle = shown.palette.edgeStrong
  context.globalAlpha = 0.85
  strokeByWidth(context, strong, 1.4)
  context.globalAlpha = 1
}

/** Whether an edge is one of the few that can be followed beside those of an open group's many members. */
function tellsApart({ a, b }: SceneEdge): boolean {
  return a.look === 'self' || b.look === 'self' || (a.look === 'group' && b.look === 'group')
}

function drawQuiet(context: OffscreenCanvasRenderingContext2D, quiet: readonly SceneEdge[], palette: Palette): void {
  context.strokeStyle = palette.edge
  context.globalAlpha = quietAlpha(quiet.length)
  if (quiet.length > dashLimit) {
    context.lineWidth = 1
    stroke(context, quiet)
  } else strokeByWidth(context, quiet, 1)
}

/** Opacity of the edges that do not stand out: the more there are, the fainter each. */
export function quietAlpha(count: number): number {
  return Math.max(0.04, 0.75 * Math.min(1, sparse / Math.max(1, count)))
}

function isStrong(edge: SceneEdge, { focus, pointedAt }: EdgeEmphasis): boolean {
  if (edge === pointedAt) return true
  const { a, b } = edge
  return focus === undefined ? a.look === 'self' || b.look === 'self' : a.id === focus || b.id === focus
}

/** Lines that stand for more connections are wider, up to three times. */
function strokeByWidth(context: OffscreenCanvasRenderingContext2D, edges: readonly SceneEdge[], width: number): void {
  for (const [index, widening] of widenings.entries()) {
    const batch = edges.filter(({ count }) => wideningOf(count) === index)
    if (batch.length === 0) continue
    context.lineWidth = width * widening
    strokeByPath(context, batch)
  }
}

const widenings = [1, 1.6, 2.2, 3] as const

/** Place in `widenings` for an edge of so many connections: one more for each ten times. */
function wideningOf(count: number): number {
  return count === 1 ? 0 : Math.min(widenings.length - 1, 1 + Math.floor(Math.log10(count)))
}

function strokeByPath(context: OffscreenCanvasRenderingContext2D, edges: readonly SceneEdge[]): void {
  for (const path of paths) {
    const batch = edges.filter(edge => edge.path === path)
    if (batch.length === 0) continue
    context.setLineDash(dashes[path])
    if (path === 'vpn') for (const side of [-1.8, 1.8]) stroke(context, batch, side)
    else stroke(context, batch)
  }
  context.setLineDash([])
}

/** `side` moves each line sideways by so many pixels. */
function stroke(context: OffscreenCanvasRenderingContext2D, edges: readonly SceneEdge[], side = 0): void {
  context.beginPath()
  for (const { a, b } of edges) {
    const length = side === 0 ? 1 : Math.hypot(b.x - a.x, b.y - a.y) || 1
    const dx = (-(b.y - a.y) / length) * side
    const dy = ((b.x - a.x) / length) * side
    context.moveTo(a.x + dx, a.y + dy)
    context.lineTo(b.x + dx, b.y + dy)
  }
  context.stroke()
}
