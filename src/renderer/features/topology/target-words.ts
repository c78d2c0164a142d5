import { formatDuration } from '../../strings/format.ts'
import { strings } from '../../strings/index.ts'
import type { NetworkGraph } from './graph-model.ts'
import { type Item, meanLoad, type NodeGroup } from './grouping.ts'
import type { Target } from './hit-test.ts'
import { itemName, nodeState } from './node-words.ts'

const words = strings.topology

/** What is said of the node or the connection that the pointer is on; nothing when it has gone meanwhile. */
export function targetWords(target: Target, graph: NetworkGraph): string {
  if (target.kind === 'node') {
    if (!graph.hasNode(target.id)) return ''
    return joined([...itemWords(graph.getNodeAttribute(target.id, 'item')), ...wayWords(target.id, graph)])
  }
  if (!graph.hasEdge(target.key)) return ''
  const { path, rttMs, count } = graph.getEdgeAttributes(target.key)
  const [a, b] = graph.extremities(target.key).map(id => itemName(graph.getNodeAttribute(id, 'item')))
  const way = count === 1 ? strings.path[path] : words.group.connections({ count })
  return joined([words.edge({ from: a ?? '', to: b ?? '' }), way, rttMs === undefined ? '' : formatDuration(rttMs)])
}

function itemWords(item: Item): string[] {
  if (item.kind === 'group') return [item.group.name, ...groupWords(item.group)]
  const { node } = item
  return [itemName(item), nodeState(node), node.load === undefined ? '' : words.load({ share: node.load })]
}

/** How this machine reaches a node, and how long a round trip takes. */
function wayWords(id: string, graph: NetworkGraph): string[] {
  const self = graph.findNode((_id, { look }) => look === 'self')
  if (self === undefined || !graph.hasEdge(self, id)) return []
  const { path, rttMs, count } = graph.getEdgeAttributes(graph.edge(self, id))
  return [
    count === 1 ? strings.path[path] : words.group.connections({ count }),
    rttMs === undefined ? '' : formatDuration(rttMs),
  ]
}

/** How many there are in a group, how many of them donate, and how busy those are. */
export function groupWords({ members }: NodeGroup): string[] {
  const donating = members.filter(({ state }) => state === 'donating')
  const load = meanLoad(members)
  return [
    words.group.nodes({ count: members.length }),
    words.group.donating({ count: donating.length }),
    load === undefined ? '' : words.load({ share: load }),
  ]
}

const joined = (parts: string[]) => parts.filter(Boolean).join(' · ')
