import type { TopologyNode } from '../../../shared/schema/topology.ts'
import { shortPeerId } from '../../strings/format.ts'
import { strings } from '../../strings/index.ts'
import type { Item } from './grouping.ts'

export function itemName(item: Item): string {
  return item.kind === 'node' ? nodeName(item.node) : item.group.name
}

export function nodeName(node: TopologyNode): string {
  return node.self ? strings.topology.thisMachine : shortPeerId(node.peerId)
}

export function nodeState(node: TopologyNode): string {
  return node.state === undefined ? strings.topology.notDonating : strings.topology.state[node.state]
}
