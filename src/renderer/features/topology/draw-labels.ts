import type { Size } from './geometry.ts'
import { type LabelCandidate, placeLabels } from './labels.ts'
import type { Palette } from './palette.ts'
import { isInView, type Scene, type SceneNode } from './scene.ts'

/** Names of more nodes than this are noise. */
const labelLimit = 60
const font = '12px system-ui, sans-serif'
/** Halo around letters, in pixels. */
const haloWidth = 3

/** Names the nodes in view, or only groups, this machine and the one in focus where there are too many. */
export function drawLabels(
  context: OffscreenCanvasRenderingContext2D,
  { nodes }: Scene,
  shown: { size: Size; focus: string | undefined; palette: Palette },
): void {
  const inView = nodes.filter(node => isInView(node, shown.size))
  const pinned = (node: SceneNode) => node.look === 'self' || node.pinned || node.id === shown.focus
  const landmark = (node: SceneNode) => node.members !== undefined || pinned(node)
  const few = inView.length <= labelLimit
  const named = inView.filter(node => landmark(node) || (few && !node.faded))
  context.font = font
  const labels = placeLabels(
    named.map((node): LabelCandidate => {
      const importance = rank(node) + (node.id === shown.focus ? 4 : 0)
      const width = context.measureText(node.name).width
      return { text: node.name, x: node.x, y: node.y, radius: node.radius, width, importance, pinned: pinned(node) }
    }),
  )
  context.textAlign = 'center'
  context.textBaseline = 'top'
  context.lineWidth = haloWidth
  context.lineJoin = 'round'
  context.strokeStyle = shown.palette.page
  context.fillStyle = shown.palette.text
  for (const { text, x, y } of labels) {
    context.strokeText(text, x, y)
    context.fillText(text, x, y)
  }
}

/** This machine first, then groups, coordinators, connected nodes, and the rest by how capable they are. */
function rank({ look, members, connected, size }: SceneNode): number {
  if (look === 'self') return 4
  if (members !== undefined) return 3 + size / 100
  return (look === 'coordinator' ? 2 : connected ? 1 : 0) + size / 100
}
