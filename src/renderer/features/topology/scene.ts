import type { PathKind } from '../../../shared/schema/primitives.ts'
import { type Camera, type Point, type Size, toScreen } from './geometry.ts'
import type { NetworkGraph } from './graph-model.ts'
import type { Item, Picture } from './grouping.ts'
import { type ItemLook, nodePixels } from './node-look.ts'
import { itemName } from './node-words.ts'
import type { Pins } from './pins.ts'

/** A node or a group as it is drawn. `x` and `y` are pixels of the screen, as the camera saw it last. */
export interface SceneNode extends Point {
  readonly id: string
  readonly item: Item
  readonly look: ItemLook
  readonly name: string
  /** World units. */
  readonly size: number
  /** Where it stands in the world; undefined until the layout has placed it. */
  place: Point | undefined
  /** Pixels. */
  radius: number
  /** Does not match what is looked for. */
  faded: boolean
  readonly pinned: boolean
}

export interface SceneEdge {
  readonly key: string
  readonly path: PathKind
  /** Connections that it stands for. */
  readonly count: number
  readonly a: SceneNode
  readonly b: SceneNode
}

/** What a frame draws: the graph flattened into lists, so that a frame looks nothing up. */
export interface Scene {
  nodes: readonly SceneNode[]
  edges: readonly SceneEdge[]
  /** What stands for a peer or a group. */
  find(id: string): SceneNode | undefined
}

export const emptyScene: Scene = { nodes: [], edges: [], find: () => undefined }

export interface SceneFacts {
  places: ReadonlyMap<string, Point>
  shownAs: Picture['shownAs']
  /** Peers that match what is looked for; missing: nothing is. */
  found: ReadonlySet<string> | undefined
  pins: Pins
}

export function createScene(graph: NetworkGraph, { places, shownAs, found, pins }: SceneFacts): Scene {
  const byId = new Map<string, SceneNode>()
  graph.forEachNode((id, { item, look, radius }) => {
    const faded = found !== undefined && !isFound(item, found)
    byId.set(id, {
      id,
      item,
      look,
      name: itemName(item),
      size: radius,
      faded,
      pinned: pins.has(id),
      place: places.get(id),
      x: 0,
      y: 0,
      radius,
    })
  })
  const edges: SceneEdge[] = []
  graph.forEachEdge((key, { path, count }, from, to) => {
    const [a, b] = [byId.get(from), byId.get(to)]
    if (a !== undefined && b !== undefined) edges.push({ key, path, count, a, b })
  })
  return { nodes: [...byId.values()], edges, find: id => byId.get(shownAs.get(id) ?? id) }
}

function isFound(item: Item, found: ReadonlySet<string>): boolean {
  if (item.kind === 'node') return found.has(item.id)
  return item.group.members.some(({ peerId }) => found.has(peerId))
}

/** Moves every node of the scene to its place in the world. */
export function placeScene(scene: Scene, places: ReadonlyMap<string, Point>): void {
  for (const node of scene.nodes) node.place = places.get(node.id)
}

/** Points that are all in view when the whole scene is: where nodes stand, and the rims of bubbles. */
export function* extentOf({ nodes }: Scene): Generator<Point> {
  for (const { place, look, size } of nodes) {
    if (place === undefined) continue
    const reach = look === 'group' ? size : 0
    yield { x: place.x - reach, y: place.y - reach }
    yield { x: place.x + reach, y: place.y + reach }
    // The legend lies at the lower left.
    if (reach > 0) yield { x: place.x - reach, y: place.y + reach }
  }
}

/** Brings every node to where the camera sees it. */
export function projectScene(scene: Scene, camera: Camera, size: Size): void {
  for (const node of scene.nodes) {
    if (node.place === undefined) continue
    const { x, y } = toScreen(node.place, camera, size)
    node.x = x
    node.y = y
    node.radius = nodePixels(node.look, node.size, camera.scale)
  }
}

/** Whether any of the node is in the picture. */
export function isInView({ place, x, y, radius }: SceneNode, { width, height }: Size): boolean {
  return place !== undefined && x > -radius && y > -radius && x < width + radius && y < height + radius
}

/** Whether any of the edge may be in the picture. */
export function mayCross({ a, b }: SceneEdge, { width, height }: Size): boolean {
  if (a.place === undefined || b.place === undefined) return false
  if ((a.x < 0 && b.x < 0) || (a.y < 0 && b.y < 0)) return false
  return !((a.x > width && b.x > width) || (a.y > height && b.y > height))
}
