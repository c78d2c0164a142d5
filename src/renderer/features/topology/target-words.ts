import { formatDuration } from '../../strings/format.ts'
import { strings } from '../../strings/index.ts'
import type { NetworkGraph } from './graph-model.ts'
import type { Target } from './hit-test.ts'
import { nodeName, nodeState } from './node-words.ts'

const words = strings.topology

/** What is said of the node or the connection that the pointer is on; nothing when it has gone meanwhile. */
export function targetWords(target: Target, graph: NetworkGraph): string {
  if (target.kind === 'node') {
    if (!graph.hasNode(target.id)) return ''
    const { node } = graph.getNodeAttributes(target.id)
    return [nodeName(node), nodeState(node), node.load === undefined ? '' : words.load(node.load)]
      .filter(Boolean)
      .join(' · ')
  }
  if (!graph.hasEdge(target.key)) return ''
  const { path, rttMs } = graph.getEdgeAttributes(target.key)
  const [a, b] = graph.extremities(target.key).map(id => nodeName(graph.getNodeAttribute(id, 'node')))
  const ends = words.edge(a ?? '', b ?? '')
  return `${ends} · ${strings.path[path]}${rttMs === undefined ? '' : ` · ${formatDuration(rttMs)}`}`
}
