import type { TopologyNode } from '../../../shared/schema/topology.ts'
import type { Item } from './grouping.ts'

/** How a node is drawn. Each differs in shape, so that colour is never needed to tell them apart. */
export type NodeLook = 'self' | 'worker' | 'paused' | 'peer' | 'coordinator'
/** Groups are bubbles; an open one is the small mark its members stand around. */
export type ItemLook = NodeLook | 'group' | 'open-group'

export function itemLook(item: Item): ItemLook {
  if (item.kind === 'node') return nodeLook(item.node)
  return item.open ? 'open-group' : 'group'
}

/** Radius in world units. The area of a bubble grows with the number of its members, up to 60. */
export function itemRadius(item: Item): number {
  if (item.kind === 'node') return nodeRadius(item.node)
  return item.open ? 8 : Math.min(60, 14 + 4.5 * Math.sqrt(item.group.members.length))
}

export function nodeLook(node: TopologyNode): NodeLook {
  if (node.self) return 'self'
  if (node.role === 'coordinator') return 'coordinator'
  if (node.state === 'donating') return 'worker'
  return node.role === 'worker' && node.state !== 'left' ? 'paused' : 'peer'
}

/** Radius in world units: bigger for more threads and graphics memory, between 4 and 13; coordinators are landmarks. */
function nodeRadius(node: TopologyNode): number {
  const { capabilities } = node
  const least = node.self ? 11 : node.role === 'coordinator' ? 9 : 5
  if (capabilities === undefined) return node.self || node.role === 'coordinator' ? least : 4.5
  const vramGiB = capabilities.gpus.reduce((sum, gpu) => sum + gpu.vramMiB, 0) / 1_024
  const power = Math.log2(1 + capabilities.cpuThreads) + 0.8 * Math.log2(1 + vramGiB)
  return Math.min(13, Math.max(least, 3.5 + 0.95 * power))
}

/** Radius in pixels. Nodes grow more slowly than the picture, so that neither end of the zoom is a blot. */
export function nodePixels(look: ItemLook, radius: number, scale: number): number {
  const smallest = smallestPixels[look]
  return Math.max(smallest, radius * (scale < 1 ? scale ** 0.8 : Math.sqrt(scale)))
}

const smallestPixels: Record<ItemLook, number> = {
  self: 8.5,
  coordinator: 4,
  worker: 1.8,
  paused: 1.8,
  peer: 1.8,
  group: 12,
  'open-group': 6,
}
