import type { Capabilities } from '../../shared/schema/capabilities.ts'
import type { ApiCapabilities, ApiTopology, ApiWorker, DhtStats } from '../../shared/schema/coordinator-api.ts'
import type { RoutingStatistics } from '../../shared/schema/routing.ts'
import type { Topology } from '../../shared/schema/topology.ts'
import type { WorkerView } from '../../shared/schema/worker.ts'

/**
 * The network for anybody to see: who there is and what they offer, never where they are reached. `registered`: workers
 * that are in no directory, as they told this coordinator over HTTP.
 */
export function topologyAnswer({ nodes, edges, ring }: Topology, registered: readonly WorkerView[]): ApiTopology {
  const told = new Map(registered.map(view => [view.peerId, view]))
  return {
    nodes: nodes
      .map(seen => withWorker(seen, told.get(seen.peerId)))
      .map(node => ({
        node_id: node.peerId,
        role: node.role,
        services: node.services,
        capabilities: node.capabilities === undefined ? null : capabilitiesAnswer(node.capabilities),
        load: node.load ?? null,
        state: node.state ?? null,
        location: node.location ?? null,
        last_seen: node.lastSeen,
      })),
    edges: edges.map(({ from, to, path, rttMs }) => ({ from, to, path, rtt_ms: rttMs ?? null })),
    dht_ring: ring.map(({ peerId, position }) => ({ node_id: peerId, position })),
  }
}

function withWorker(node: Topology['nodes'][number], worker: WorkerView | undefined): Topology['nodes'][number] {
  if (worker === undefined || worker.state === 'left' || node.role !== 'peer') return node
  const { services, capabilities, location } = worker.record
  return {
    ...node,
    role: 'worker',
    services,
    capabilities,
    load: worker.load,
    state: worker.state,
    ...(location === undefined ? {} : { location }),
  }
}

export function workerAnswer({ peerId, record, load, updatedAt }: WorkerView): ApiWorker {
  return {
    worker_id: peerId,
    vpn_ip: record.vpnIp ?? null,
    tunnel_url: record.tunnelUrl ?? null,
    services: record.services,
    capabilities: capabilitiesAnswer(record.capabilities),
    load,
    last_seen: updatedAt,
  }
}

export function capabilitiesAnswer({ gpus, workerType }: Capabilities): ApiCapabilities {
  const strongest = gpus.reduce<(typeof gpus)[number] | undefined>(
    (best, gpu) => (best === undefined || gpu.vramMiB > best.vramMiB ? gpu : best),
    undefined,
  )
  return { has_gpu: strongest !== undefined, gpu_type: strongest?.model ?? null, worker_type: workerType }
}

export function routingAnswer(routing: RoutingStatistics): DhtStats['routing'] {
  return {
    local_requests: routing.localRequests,
    forwarded_requests: routing.forwardedRequests,
    cache_hits: routing.cacheHits,
    cache_misses: routing.cacheMisses,
    dht_lookups: routing.dhtLookups,
    failed_requests: routing.failedRequests,
    cache_size: routing.cacheSize,
    cache_hit_rate: routing.cacheHitRate,
  }
}
