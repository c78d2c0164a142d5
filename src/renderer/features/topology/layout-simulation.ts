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
import type { Point } from './geometry.ts'
import type { LayoutRequest } from './layout-messages.ts'
import { placeNodes } from './placement.ts'

type LayoutLink = SimulationLinkDatum<LayoutNode>

interface LayoutNode extends SimulationNodeDatum {
  id: string
  radius: number
  x: number
  y: number
}

/** What draws a node to a place, whoever it is linked with. */
interface Pull {
  to: Point
  strength: number
}

/** Up to so many nodes a layout settles before it is first shown: it takes a few milliseconds. */
const settleAtOnce = 120
const stepsAtOnce = 250

/** Radius of the largest node. */
const largestNode = 13

const middle: Point = { x: 0, y: 0 }
/** Members are drawn to their open group's mark more strongly than their links pull at them. */
const memberPull = 0.3
/** Between this machine and the members of an open group, in world units. */
const clearance = 80

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
    const groups = openGroups(request)
    for (const [mark, members] of groups) holdAside(this.#nodes[mark], roomFor(members.length))
    for (const [index, { x, y }] of request.held) Object.assign(this.#nodes[index] ?? {}, { x, y, fx: x, fy: y })
    const pulls = pullsToMiddle(request, large ? 0.05 : 0.06)
    for (const [mark, members] of groups) {
      const to = this.#nodes[mark] ?? middle
      for (const member of members) pulls[member] = { to, strength: memberPull }
    }
    const links = request.links.map(([source, target]): LayoutLink => ({ source, target }))
    this.#simulation?.stop()
    this.#simulation = forceSimulation<LayoutNode, LayoutLink>(this.#nodes)
      .force(
        'link',
        forceLink<LayoutNode, LayoutLink>(links)
          .distance(({ source, target }) => (large ? 60 : 105) + bulk(source) + bulk(target))
          .strength(large ? 0.03 : 0.12),
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
        forceX<LayoutNode>((_node, index) => pulls[index]?.to.x ?? 0).strength(
          (_node, index) => (pulls[index]?.strength ?? 0) * (large ? 1 : 0.75),
        ),
      )
      .force(
        'y',
        forceY<LayoutNode>((_node, index) => pulls[index]?.to.y ?? 0).strength(
          (_node, index) => (pulls[index]?.strength ?? 0) * (large ? 1 : 1.25),
        ),
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

/** The members of each open group, by the place in `ids` of the group's mark. */
function openGroups({ ties }: LayoutRequest): Map<number, number[]> {
  const groups = new Map<number, number[]>()
  for (const [mark, member] of ties) {
    const members = groups.get(mark)
    if (members === undefined) groups.set(mark, [member])
    else members.push(member)
  }
  return groups
}

/** Radius that so many members of an open group take up side by side, in world units. */
function roomFor(members: number): number {
  return 14 + 16 * Math.sqrt(members)
}

/** Holds an open group's mark where its bubble stood, but far enough away for its members to stand beside this machine. */
function holdAside(mark: LayoutNode | undefined, room: number): void {
  if (mark === undefined) return
  const further = Math.max(1, (room + clearance) / (Math.hypot(mark.x, mark.y) || 1))
  mark.x *= further
  mark.y *= further
  Object.assign(mark, { fx: mark.x, fy: mark.y })
}

/** How each node is drawn to the middle: those with few links, which little else holds, more strongly than others. */
function pullsToMiddle({ ids, links, ties }: LayoutRequest, strength: number): Pull[] {
  const degrees = ids.map(() => 0)
  for (const end of [...links, ...ties].flat()) degrees[end] = (degrees[end] ?? 0) + 1
  return degrees.map(degree => ({ to: middle, strength: strength * (1 + 2 / (1 + degree)) }))
}
