import type { Topology } from '../../../shared/schema/topology.ts'
import type { Point } from './geometry.ts'
import type { NetworkGraph } from './graph-model.ts'
import type { Picture } from './grouping.ts'
import type { LayoutPositions, LayoutRequest } from './layout-messages.ts'
import type { Pins } from './pins.ts'
import { ringPoint, ringRadius } from './placement.ts'

/** Positions by peer id, from the layout in its worker. */
export class GraphLayout {
  readonly #worker = new Worker(new URL('./layout.worker.ts', import.meta.url), { type: 'module' })
  readonly #onPositions: (positions: ReadonlyMap<string, Point>) => void
  #ids: readonly string[] = []
  #version = 0

  constructor(onPositions: (positions: ReadonlyMap<string, Point>) => void) {
    this.#onPositions = onPositions
    this.#worker.addEventListener('message', (event: MessageEvent<LayoutPositions>) => this.#take(event.data))
  }

  update(graph: NetworkGraph, tied: Picture['ties'], self: string | undefined, pins: Pins): void {
    const ids = graph.nodes()
    const places = new Map(ids.map((id, index) => [id, index]))
    const links = graph.mapEdges((_key, _edge, from, to): [number, number] => [
      places.get(from) ?? 0,
      places.get(to) ?? 0,
    ])
    const ties = tied.map(([group, member]): [number, number] => [places.get(group) ?? 0, places.get(member) ?? 0])
    const radii = ids.map(id => graph.getNodeAttribute(id, 'radius'))
    const held = [...pins].flatMap(([id, point]): [number, Point][] => {
      const index = places.get(id)
      return index === undefined || id === self ? [] : [[index, point]]
    })
    this.#ids = ids
    const request: LayoutRequest = { version: ++this.#version, ids, links, ties, radii, self, held }
    this.#worker.postMessage(request)
  }

  stop(): void {
    this.#worker.terminate()
  }

  #take({ version, positions }: LayoutPositions): void {
    if (version !== this.#version) return
    this.#onPositions(
      new Map(this.#ids.map((id, i) => [id, { x: positions[2 * i] ?? 0, y: positions[2 * i + 1] ?? 0 }])),
    )
  }
}

/** Positions on the ring of the key space. Nodes without a known place are left out. */
export function ringPositions(ring: Topology['ring']): Map<string, Point> {
  const radius = ringRadius(ring.length)
  return new Map(ring.map(({ peerId, position }) => [peerId, ringPoint(position, radius)]))
}
