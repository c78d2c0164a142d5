import type { TopologyNode } from '../../../shared/schema/topology.ts'

/** How a node is drawn. Each differs in shape, so that colour is never needed to tell them apart. */
export type NodeLook = 'self' | 'worker' | 'paused' | 'peer' | 'coordinator'

export function nodeLook(node: TopologyNode): NodeLook {
  if (node.self) return 'self'
  if (node.role === 'coordinator') return 'coordinator'
  if (node.state === 'donating') return 'worker'
  return node.role === 'worker' && node.state !== 'left' ? 'paused' : 'peer'
}

/** Radius in world units: bigger for more threads and graphics memory, between 4 and 13. */
export function nodeRadius(node: TopologyNode): number {
  const { capabilities } = node
  if (capabilities === undefined) return node.self ? 11 : 4.5
  const vramGiB = capabilities.gpus.reduce((sum, gpu) => sum + gpu.vramMiB, 0) / 1_024
  const power = Math.log2(1 + capabilities.cpuThreads) + 0.8 * Math.log2(1 + vramGiB)
  return Math.min(13, Math.max(node.self ? 11 : 5, 3.5 + 0.95 * power))
}
