import type { PathKind } from '../../../shared/schema/primitives.ts'
import { type Camera, type Point, type Size, toScreen } from './geometry.ts'
import { nodePixels } from './node-look.ts'
import { type Mark, pathAt, type Sketch } from './sketch.ts'

/** A mark in its place. `x`, `y` and `radius` are pixels of the screen, as the camera saw it last. */
export interface SceneNode extends Mark, Point {
  /** Where it stands in the world; undefined until the layout has placed it. */
  place: Point | undefined
  radius: number
}

export interface SceneEdge {
  readonly path: PathKind
  /** Connections that it stands for. */
  readonly count: number
  readonly a: SceneNode
  readonly b: SceneNode
}

/** What a frame draws: lists in which nothing has to be looked up. */
export interface Scene {
  nodes: readonly SceneNode[]
  edges: readonly SceneEdge[]
  find(id: string): SceneNode | undefined
}

export const emptyScene: Scene = { nodes: [], edges: [], find: () => undefined }

export function sceneOf(sketch: Sketch): Scene {
  const nodes = sketch.marks.map((mark): SceneNode => ({ ...mark, place: undefined, x: 0, y: 0, radius: mark.size }))
  const edges: SceneEdge[] = []
  sketch.counts.forEach((count, line) => {
    const [a, b] = [nodes[sketch.ends[2 * line] ?? -1], nodes[sketch.ends[2 * line + 1] ?? -1]]
    if (a !== undefined && b !== undefined) edges.push({ path: pathAt(sketch, line), count, a, b })
  })
  const byId = new Map(nodes.map(node => [node.id, node]))
  return { nodes, edges, find: id => byId.get(id) }
}

/** Puts every node of the scene to its place in the world: x and y in turn, not numbers where the layout has none yet. */
export function placeScene(scene: Scene, places: Float32Array): void {
  scene.nodes.forEach((node, index) => {
    const [x = Number.NaN, y = Number.NaN] = [places[2 * index], places[2 * index + 1]]
    node.place = Number.isNaN(x) ? undefined : { x, y }
  })
}

/** The places of a scene's nodes, as `placeScene` takes them. */
export function placesIn({ nodes }: Scene, places: ReadonlyMap<string, Point>): Float32Array<ArrayBuffer> {
  const list = new Float32Array(2 * nodes.length)
  nodes.forEach(({ id }, index) => {
    const place = places.get(id)
    list[2 * index] = place?.x ?? Number.NaN
    list[2 * index + 1] = place?.y ?? Number.NaN
  })
  return list
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
