import type { NetworkGraph } from './graph-model.ts'
import { type Item, meanLoad } from './grouping.ts'
import { itemName } from './node-words.ts'
import type { Pins } from './pins.ts'
import { type Mark, pathCode, type Sketch } from './sketch.ts'

export interface SketchFacts {
  /** Peers that match what is looked for; missing: nothing is. */
  found: ReadonlySet<string> | undefined
  pins: Pins
}

/** Flattens the graph into what a picture of it needs. */
export function sketchOf(graph: NetworkGraph, { found, pins }: SketchFacts): Sketch {
  const marks: Mark[] = []
  const places = new Map<string, number>()
  graph.forEachNode((id, { item, look, radius }) => {
    places.set(id, marks.length)
    const faded = found !== undefined && !isFound(item, found)
    const mark = { id, look, name: itemName(item), size: radius, faded, pinned: pins.has(id) }
    marks.push({ ...mark, ...valuesOf(item) })
  })
  const ends = new Uint32Array(2 * graph.size)
  const paths = new Uint8Array(graph.size)
  const counts = new Uint32Array(graph.size)
  let line = 0
  graph.forEachEdge((_key, { path, count }, from, to) => {
    ends[2 * line] = places.get(from) ?? 0
    ends[2 * line + 1] = places.get(to) ?? 0
    paths[line] = pathCode(path)
    counts[line] = count
    line++
  })
  return { marks, ends, paths, counts }
}

function valuesOf(item: Item): Pick<Mark, 'load' | 'connected' | 'members'> {
  if (item.kind === 'node') return { load: item.node.load ?? 0, connected: item.node.connected }
  const { members } = item.group
  const donating = members.filter(({ state }) => state === 'donating').length
  return { load: meanLoad(members) ?? 0, connected: false, members: { count: members.length, donating } }
}

function isFound(item: Item, found: ReadonlySet<string>): boolean {
  if (item.kind === 'node') return found.has(item.id)
  return item.group.members.some(({ peerId }) => found.has(peerId))
}
