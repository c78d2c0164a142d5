import { circle, drawGauges } from './draw-gauges.ts'
import { drawGroups } from './draw-groups.ts'
import type { Size } from './geometry.ts'
import type { NodeLook } from './node-look.ts'
import type { Palette } from './palette.ts'
import { isInView, type Scene, type SceneNode } from './scene.ts'

const looks: readonly NodeLook[] = ['peer', 'paused', 'worker', 'coordinator', 'self']
/** Below this radius in pixels details are not visible. */
const detailRadius = 4.5
/** Between a node's rim and the middle of its load ring. */
const loadGap = 3.5
/** Between a node's rim and the marks of selection around it: outside of the load ring. */
const selectionGap = 10
/** Share of a circle that each of the four marks of selection covers. */
const markShare = 0.14

/** Draws nodes in batches, one for each look, this machine on top, and marks the one with id `focus`. */
export function drawNodes(
  context: OffscreenCanvasRenderingContext2D,
  scene: Scene,
  shown: { size: Size; focus: string | undefined; palette: Palette },
): void {
  const inView = scene.nodes.filter(node => isInView(node, shown.size))
  for (const faded of [true, false]) {
    context.globalAlpha = faded ? 0.18 : 1
    drawGroups(
      context,
      inView.filter(node => node.members !== undefined && node.faded === faded),
      shown.palette,
    )
    for (const look of looks) {
      const batch = inView.filter(node => node.look === look && node.faded === faded)
      if (batch.length > 0) drawBatch(context, batch, look, shown.palette)
    }
  }
  context.globalAlpha = 1
  drawPins(
    context,
    inView.filter(({ pinned }) => pinned),
    shown.palette,
  )
  const focused = shown.focus === undefined ? undefined : scene.find(shown.focus)
  if (focused?.place !== undefined) drawSelection(context, focused, shown.palette.text)
}

function drawBatch(
  context: OffscreenCanvasRenderingContext2D,
  nodes: readonly SceneNode[],
  look: NodeLook,
  palette: Palette,
): void {
  const color = palette.nodes[look]
  context.fillStyle = look === 'peer' ? palette.page : color
  context.strokeStyle = look === 'peer' ? color : palette.page
  context.lineWidth = 1.5
  const small = (node: SceneNode) => node.radius < detailRadius
  context.beginPath()
  for (const node of nodes) if (small(node)) outline(context, node)
  context.fill()
  // The rim in the colour of the page would take away most of a dot, and all of it among many lines.
  if (look === 'peer') context.stroke()
  context.beginPath()
  for (const node of nodes) if (!small(node)) outline(context, node)
  context.fill()
  context.stroke()
  if (look === 'paused') drawPauseBars(context, nodes, palette.page)
  if (look === 'self') drawSelfRing(context, nodes, palette.page)
  drawLoads(context, nodes, color)
}

function outline(context: OffscreenCanvasRenderingContext2D, node: SceneNode): void {
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

/** A ring inside this machine's mark tells it from every other node, whatever is drawn around it. */
function drawSelfRing(context: OffscreenCanvasRenderingContext2D, nodes: readonly SceneNode[], color: string): void {
  context.strokeStyle = color
  context.lineWidth = 2
  context.beginPath()
  for (const node of nodes) circle(context, node, node.radius * 0.55)
  context.stroke()
}

function drawLoads(context: OffscreenCanvasRenderingContext2D, nodes: readonly SceneNode[], color: string): void {
  const gauged = nodes
    .filter(({ load, radius }) => load > 0.01 && radius >= detailRadius)
    .map(({ x, y, radius, load }) => ({ x, y, radius: radius + loadGap, load }))
  if (gauged.length > 0) drawGauges(context, gauged, color)
}

/** Four marks around a node, in the colour of text: a viewfinder, which no gauge looks like. */
function drawSelection(context: OffscreenCanvasRenderingContext2D, node: SceneNode, color: string): void {
  const radius = node.radius + selectionGap
  const half = markShare * Math.PI
  context.strokeStyle = color
  context.lineWidth = 2
  context.beginPath()
  for (const quarter of [0.25, 0.75, 1.25, 1.75]) {
    const middle = quarter * Math.PI
    context.moveTo(node.x + radius * Math.cos(middle - half), node.y + radius * Math.sin(middle - half))
    context.arc(node.x, node.y, radius, middle - half, middle + half)
  }
  context.stroke()
}

/** A pin's head and needle at the upper right of what stays in its place. */
function drawPins(context: OffscreenCanvasRenderingContext2D, nodes: readonly SceneNode[], palette: Palette): void {
  context.strokeStyle = palette.text
  context.fillStyle = palette.text
  context.lineWidth = 1.5
  for (const { x, y, radius } of nodes) {
    const [left, top] = [x + radius * 0.75 + 3, y - radius * 0.75 - 3]
    context.beginPath()
    context.moveTo(left - 3, top + 3)
    context.lineTo(left + 1, top - 1)
    context.stroke()
    context.beginPath()
    circle(context, { x: left + 2.5, y: top - 2.5 }, 3)
    context.fill()
  }
}

function drawPauseBars(context: OffscreenCanvasRenderingContext2D, nodes: readonly SceneNode[], color: string): void {
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
