import { activitySentence, gpuPauseSentence } from '../../shared/activity-sentence.ts'
import type { LedgerSnapshot } from '../../shared/schema/contribution.ts'
import type { ServiceStatus, Unavailability } from '../../shared/schema/service.ts'
import type { Status } from '../../shared/schema/status.ts'
import type { Topology, TopologyEdge, TopologyNode } from '../../shared/schema/topology.ts'
import { english } from '../../shared/strings/english.ts'
import { hour, type Milliseconds, minute, second } from '../../shared/units.ts'
import { formatTable } from './table.ts'

/** The node's state as a person reads it. */
export function formatStatus(status: Status, counts: Topology['counts'], now: Milliseconds): string {
  const { self, counters, load, capabilities } = status
  const openness = self.network.open ? 'open: anyone who reaches it may join' : 'members only'
  return formatTable([
    ['Node', `${self.peerId} (${self.workerType} ${self.version}, up ${formatDuration(now - self.startedAt)})`],
    ['Network', `${self.network.name} (${openness})`],
    ['Peers', formatCounts(counts)],
    ['Donating', status.donating ? 'yes' : 'no (`rma-donor donate on` switches it on)'],
    [
      'Activity',
      activitySentence({ activity: status.activity, served: status.counters.served }, english.activity, now),
    ],
    ...gpuRows(status, now),
    ...status.services.map((service, index) => [index === 0 ? 'Services' : '', formatService(service)]),
    ...ledgerRows(status.ledger),
    ['Requests', `${counters.served} served, ${counters.requested} sent on, ${counters.failed} failed`],
    [
      'Machine',
      `${formatPercent(load.cpu)} CPU, ${formatMemory(load.memoryUsedMiB)} of ${formatMemory(load.memoryTotalMiB)} memory in use`,
    ],
    [
      'Announces',
      `${capabilities.cpuThreads} threads, ${formatMemory(capabilities.memoryMiB)}${gpuText(capabilities.gpus)}`,
    ],
  ])
}

/** The network as this node sees it: itself first, then workers, then the rest, each by name. */
export function formatTopology(topology: Topology): string {
  const self = topology.nodes.find(node => node.self)?.peerId
  const edges = new Map(topology.edges.flatMap(edge => edgeFrom(edge, self)))
  const rows = [...topology.nodes].sort(byRank).map(node => topologyRow(node, edges.get(node.peerId)))
  const header = ['NODE', 'ROLE', 'STATE', 'SERVICES', 'LOAD', 'PATH', 'RTT', 'LOCATION']
  return `${formatCounts(topology.counts)}\n\n${formatTable([header, ...rows], new Set([4, 6]))}`
}

export function formatCounts({ connected, known, donating }: Topology['counts']): string {
  return `${connected} connected · ${known} known · ${donating} donating`
}

/** Hours, minutes or seconds, whichever fit. */
export function formatDuration(ms: Milliseconds): string {
  if (ms >= hour) return `${Math.floor(ms / hour)} h ${Math.floor((ms % hour) / minute)} min`
  if (ms >= minute) return `${Math.floor(ms / minute)} min`
  return `${Math.max(0, Math.round(ms / second))} s`
}

function gpuRows({ allowance }: Status, now: Milliseconds): string[][] {
  const sentence = gpuPauseSentence(allowance, english.activity, now)
  return sentence === undefined ? [] : [['', sentence]]
}

/** Only what the owner should know of: a ledger that is well is not worth a line. */
function ledgerRows({ state, setAside }: LedgerSnapshot): string[][] {
  const rows = setAside.map(file => `could not be read and was set aside as ${file}`)
  if (state.kind === 'unwritable') {
    const lost = state.lost > 0 ? `, ${state.lost} lost` : ''
    rows.push(`cannot be written (${state.reason}): ${state.waiting} jobs kept in memory${lost}. Donating goes on`)
  }
  return rows.map((row, index) => [index === 0 ? 'Ledger' : '', row])
}

/** Models and languages of a service that a line of the status names. */
const shownChoices = 8

function formatService(service: ServiceStatus): string {
  if (service.unavailable !== undefined)
    return `${service.type}: not offered, ${unavailabilityText(service.unavailable)}`
  const { running, slots, waiting, bound, models = [], languages } = service
  const choices = [...models, ...(languages?.installed ?? [])]
  const choice = choices.length === 0 ? '' : ` (${choices.slice(0, shownChoices).join(', ')})`
  return `${service.type}${choice}: ${running} of ${slots} running, ${waiting} of ${bound} waiting`
}

function unavailabilityText(reason: Unavailability): string {
  switch (reason.kind) {
    case 'disabled':
      return 'switched off'
    case 'gpu-paused':
      return 'graphics cards are paused'
    case 'engine-failed':
      return `its engine failed: ${reason.message}`
    case 'needs-memory':
      return `needs ${formatMemory(reason.neededMiB)} of memory, found ${formatMemory(reason.foundMiB)}`
    case 'needs-gpu':
      return `needs a graphics card with ${formatMemory(reason.neededVramMiB)} free, found ${formatMemory(reason.foundVramMiB)}`
    case 'needs-engine':
      return `needs one of ${reason.engines.join(', ')}`
    case 'needs-model':
      return `needs a model that ${reason.pictures ? 'reads pictures' : 'fits into memory'} in ${reason.engines.join(', ')}`
    case 'needs-language':
      return `needs reading data of ${reason.languages.join(', ')}, which is not installed`
    case 'unhealthy':
      return `its server is not well: ${reason.message}`
  }
}

function byRank(a: TopologyNode, b: TopologyNode): number {
  return rank(a) - rank(b) || a.peerId.localeCompare(b.peerId)
}

function rank(node: TopologyNode): number {
  if (node.self) return 0
  return node.role === 'peer' ? 2 : 1
}

function edgeFrom(edge: TopologyEdge, self: string | undefined): [string, TopologyEdge][] {
  if (edge.from === self) return [[edge.to, edge]]
  return edge.to === self ? [[edge.from, edge]] : []
}

function topologyRow(node: TopologyNode, edge: TopologyEdge | undefined): string[] {
  return [
    node.peerId,
    node.self ? `${node.role} (this node)` : node.role,
    node.state ?? '-',
    node.services.join(',') || '-',
    node.load === undefined ? '-' : formatPercent(node.load),
    edge?.path ?? '-',
    edge?.rttMs === undefined ? '-' : `${edge.rttMs.toFixed(1)} ms`,
    node.location ?? '-',
  ]
}

function gpuText(gpus: Status['capabilities']['gpus']): string {
  return gpus.map(gpu => `, ${gpu.model}${gpu.vramMiB > 0 ? ` (${formatMemory(gpu.vramMiB)})` : ''}`).join('')
}

export function formatPercent(share: number): string {
  return `${Math.round(share * 100)} %`
}

export function formatMemory(mib: number): string {
  return mib >= 1_024 ? `${(mib / 1_024).toFixed(1)} GiB` : `${Math.round(mib)} MiB`
}
