import {
  forceCollide,
  forceLink,
  forceManyBody,
  forceSimulation,
  forceX,
  forceY,
  type Simulation,
  type SimulationLinkDatum,
  type SimulationNodeDatum,
} from 'd3-force'
import type { LayoutRequest } from './layout-messages.ts'
import { placeNodes } from './placement.ts'

interface LayoutLink extends SimulationLinkDatum<LayoutNode> {
  /** Holds a member beside its open group. */
  tie: boolean
}

interface LayoutNode extends SimulationNodeDatum {
  id: string
  radius: number
  x: number
  y: number
}

/** Up to so many nodes a layout settles before it is first shown: it takes a few milliseconds. */
const settleAtOnce = 120
const stepsAtOnce = 250

/** Radius of the largest node. */
const largestNode = 13

/** Steps by which a small network moves on when somebody comes or goes. */
const gentleAlpha = 0.25

/** A force-directed layout that keeps known nodes near where they were. */
export class LayoutSimulation {
  version = 0
  #nodes: LayoutNode[] = []
  #simulation: Simulation<LayoutNode, LayoutLink> | undefined

  load(request: LayoutRequest): void {
    const known = new Map(this.#nodes.map(node => [node.id, { x: node.x, y: node.y }]))
    const isFirst = known.size <= 1
    const points = placeNodes(request, known)
    const large = request.ids.length > settleAtOnce
    this.version = request.version
    this.#nodes = request.ids.map((id, index) => {
      const { x, y } = points[index] ?? { x: 0, y: 0 }
      const node: LayoutNode = { id, radius: request.radii[index] ?? 5, x, y }
      return id === request.self ? { ...node, fx: 0, fy: 0 } : node
    })
    for (const [index, { x, y }] of request.held) Object.assign(this.#nodes[index] ?? {}, { x, y, fx: x, fy: y })
    const pull = pullToMiddle(request, large ? 0.05 : 0.06)
    const links = request.links.map(([source, target]): LayoutLink => ({ source, target, tie: false }))
    const ties = request.ties.map(([source, target]): LayoutLink => ({ source, target, tie: true }))
    // As much room around an open group as its members take up side by side.
    const around = tieLength(request)
    this.#simulation?.stop()
    this.#simulation = forceSimulation<LayoutNode, LayoutLink>(this.#nodes)
      .force(
        'link',
        forceLink<LayoutNode, LayoutLink>([...links, ...ties])
          .distance(({ source, target, tie }) => (tie ? around : (large ? 60 : 105) + bulk(source) + bulk(target)))
          .strength(link => (link.tie ? 0.5 : large ? 0.03 : 0.12)),
      )
      .force(
        'charge',
        forceManyBody<LayoutNode>()
          .strength(large ? -90 : -420)
          .theta(0.9)
          .distanceMax(large ? 900 : 450),
      )
      .force(
        'collide',
        forceCollide<LayoutNode>(node => node.radius + bulk(node) / 2 + (large ? 3 : 12)),
      )
      .force(
        'x',
        forceX<LayoutNode>().strength((_node, index) => (pull[index] ?? 0) * (large ? 1 : 0.75)),
      )
      .force(
        'y',
        forceY<LayoutNode>().strength((_node, index) => (pull[index] ?? 0) * (large ? 1 : 1.25)),
      )
      .alpha(isFirst ? 1 : gentleAlpha)
      .alphaDecay(large ? 0.045 : 0.028)
      .stop()
    if (isFirst && !large) this.#simulation.tick(stepsAtOnce)
  }

  /** Moves everything on by one step; true when it has come to rest. */
  step(): boolean {
    const simulation = this.#simulation
    if (simulation === undefined || simulation.alpha() < simulation.alphaMin()) return true
    simulation.tick()
    return simulation.alpha() < simulation.alphaMin()
  }

  positions(): Float32Array<ArrayBuffer> {
    const positions = new Float32Array(this.#nodes.length * 2)
    this.#nodes.forEach((node, index) => {
      positions[2 * index] = node.x
      positions[2 * index + 1] = node.y
    })
    return positions
  }
}

/** By how much something is larger than any node, in world units: bubbles need room for the lines between them. */
function bulk(end: LayoutLink['source']): number {
  return typeof end === 'object' ? Math.max(0, end.radius - largestNode) : 0
}

/** How far a member stands from its open group, in world units. */
function tieLength({ ties }: LayoutRequest): number {
  const groups = new Set(ties.map(([group]) => group)).size
  return groups === 0 ? 0 : 14 + 9 * Math.sqrt(ties.length / groups)
}

/** How strongly each node is drawn to the middle: those with few links, which little else holds, more than others. */
function pullToMiddle({ ids, links, ties }: LayoutRequest, strength: number): number[] {
  const degrees = ids.map(() => 0)
  for (const end of [...links, ...ties].flat()) degrees[end] = (degrees[end] ?? 0) + 1
  return degrees.map(degree => strength * (1 + 2 / (1 + degree)))
}
