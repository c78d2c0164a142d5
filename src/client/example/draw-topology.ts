import type { Topology, TopologyNode } from '../index.ts'

const namespace = 'http://www.w3.org/2000/svg'
const size = 400
const radius = 150

/** The nodes on the ring of the key space, and who is connected with whom. */
export function drawTopology({ nodes, edges, dht_ring }: Topology): SVGSVGElement {
  const turns = new Map(dht_ring.map(({ node_id, position }) => [node_id, position]))
  const places = new Map(
    nodes.map((node, index) => [node.node_id, placeAt(turns.get(node.node_id) ?? index / nodes.length)]),
  )
  const picture = element('svg', { viewBox: `0 0 ${size} ${size}`, role: 'img', 'aria-label': summary(nodes) })
  for (const { from, to } of edges) {
    const [a, b] = [places.get(from), places.get(to)]
    if (a !== undefined && b !== undefined) picture.append(element('line', { x1: a.x, y1: a.y, x2: b.x, y2: b.y }))
  }
  for (const node of nodes) {
    const place = places.get(node.node_id)
    if (place !== undefined) picture.append(...drawNode(node, place))
  }
  return picture
}

function drawNode(node: TopologyNode, { x, y }: { x: number; y: number }): SVGElement[] {
  const circle = element('circle', { cx: x, cy: y, r: 8, class: node.role })
  const title = element('title', {})
  title.textContent = [node.node_id, node.role, node.state, ...node.services].filter(Boolean).join(', ')
  circle.append(title)
  const label = element('text', { x, y: y + 20 })
  label.textContent = node.location ?? node.node_id.slice(-6)
  return [circle, label]
}

function placeAt(turn: number): { x: number; y: number } {
  const angle = 2 * Math.PI * turn
  return { x: size / 2 + radius * Math.sin(angle), y: size / 2 - radius * Math.cos(angle) }
}

function summary(nodes: readonly TopologyNode[]): string {
  const count = (role: TopologyNode['role']) => nodes.filter(node => node.role === role).length
  return `${nodes.length} nodes: ${count('coordinator')} coordinators, ${count('worker')} workers`
}

function element<K extends keyof SVGElementTagNameMap>(
  name: K,
  attributes: Record<string, string | number>,
): SVGElementTagNameMap[K] {
  const made = document.createElementNS(namespace, name)
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value))
  return made
}
