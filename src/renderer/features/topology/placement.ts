import type { Point } from './geometry.ts'

const goldenAngle = Math.PI * (3 - Math.sqrt(5))
const spacing = 26

export interface PlacementInput {
  ids: readonly string[]
  /** Pairs of places in `ids`. */
  links: readonly (readonly [number, number])[]
  /** Pairs of places in `ids`: these stand closer together than linked ones. */
  ties: readonly (readonly [number, number])[]
  /** Stays in the middle. */
  self: string | undefined
  /** Places in `ids` that stay where they are put. */
  held: readonly (readonly [number, Point])[]
}

/**
 * A first place for every node: where it stood if it is known, else beside its neighbours that have a place, else on
 * a spiral around the middle. Known nodes never move here, so a newcomer disturbs nobody.
 */
export function placeNodes(input: PlacementInput, known: ReadonlyMap<string, Point>): Point[] {
  const neighbours = neighbourLists(input.ids, input.links)
  const tied = neighbourLists(input.ids, input.ties)
  const placed = new Map<number, Point>()
  input.ids.forEach((id, index) => {
    const point = id === input.self ? { x: 0, y: 0 } : known.get(id)
    if (point !== undefined) placed.set(index, point)
  })
  for (const [index, point] of input.held) placed.set(index, point)
  // With nothing to stand beside but oneself, neighbours spread around the middle instead of piling up on it.
  const hasLayout = placed.size > 1
  return input.ids.map((_id, index) => {
    const place = placed.get(index)
    if (place !== undefined) return { ...place }
    const spread = spiral(index + 1)
    if (!hasLayout) return spread
    const placesOf = (list: number[][]) => (list[index] ?? []).flatMap(other => placed.get(other) ?? [])
    const held = placesOf(tied)
    const near = held.length > 0 ? held : placesOf(neighbours)
    if (near.length === 0) return spread
    const angle = index * goldenAngle
    return { x: mean(near, 'x') + spacing * Math.cos(angle), y: mean(near, 'y') + spacing * Math.sin(angle) }
  })
}

function neighbourLists(ids: PlacementInput['ids'], links: PlacementInput['links']): number[][] {
  const lists: number[][] = ids.map(() => [])
  for (const [a, b] of links) {
    lists[a]?.push(b)
    lists[b]?.push(a)
  }
  return lists
}

/** Points of a sunflower: evenly spread, whatever their number. */
function spiral(index: number): Point {
  const radius = spacing * Math.sqrt(index)
  return { x: radius * Math.cos(index * goldenAngle), y: radius * Math.sin(index * goldenAngle) }
}

function mean(points: readonly Point[], axis: 'x' | 'y'): number {
  return points.reduce((sum, point) => sum + point[axis], 0) / points.length
}

/** Radius of the key-space ring for so many nodes: large enough that they do not touch. */
export function ringRadius(count: number): number {
  return Math.max(180, (count * 12) / (2 * Math.PI))
}

/** A share of the key space as a point on the ring: 0 at the top, growing clockwise. */
export function ringPoint(position: number, radius: number): Point {
  const angle = position * 2 * Math.PI - Math.PI / 2
  return { x: radius * Math.cos(angle), y: radius * Math.sin(angle) }
}
