import { distanceToSegment, type Point } from './geometry.ts'
import { edgeKey } from './grouping.ts'
import type { Scene, SceneNode } from './scene.ts'

/** What the pointer is on. */
export type Target = { kind: 'node'; id: string } | { kind: 'edge'; key: string }

/** Pixels around a node or an edge that count as on it. */
const reach = 5

/** The node nearest to a point of the screen within 5 pixels of its rim, else an edge within 5 pixels of it. */
export function targetAt({ nodes, edges }: Scene, point: Point): Target | undefined {
  let nearest: SceneNode | undefined
  let shortest = reach
  for (const node of nodes) {
    if (node.place === undefined) continue
    const distance = Math.hypot(node.x - point.x, node.y - point.y) - node.radius
    if (distance < shortest) [nearest, shortest] = [node, distance]
  }
  if (nearest !== undefined) return { kind: 'node', id: nearest.id }
  const edge = edges.find(
    ({ a, b }) => a.place !== undefined && b.place !== undefined && distanceToSegment(point, a, b) < reach,
  )
  return edge === undefined ? undefined : { kind: 'edge', key: edgeKey(edge.a.id, edge.b.id) }
}

/**
 * The node that an arrow key leads to from `from`: the nearest one that lies more that way than sideways. Groups are passed
 * over, for they are opened and closed rather than chosen.
 */
export function nodeTowards({ nodes }: Scene, from: SceneNode, dx: number, dy: number): SceneNode | undefined {
  let best: SceneNode | undefined
  let shortest = Number.POSITIVE_INFINITY
  for (const node of nodes) {
    if (node.place === undefined || node === from || node.members !== undefined) continue
    const [x, y] = [node.x - from.x, node.y - from.y]
    const along = x * dx + y * dy
    const aside = Math.abs(x * dy - y * dx)
    if (along <= 0 || aside > along) continue
    const distance = along + 2 * aside
    if (distance < shortest) [best, shortest] = [node, distance]
  }
  return best
}
