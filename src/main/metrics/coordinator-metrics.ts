import type { AdminMetrics } from '../../shared/schema/coordinator-api.ts'
import type { MetricFamily } from './exposition.ts'

/** What only a coordinator counts. Pure. */
export function coordinatorMetrics(figures: AdminMetrics): MetricFamily[] {
  const { requests, dht } = figures
  return [
    gauge('rma_coordinator_uptime_seconds', 'Time since the start.', figures.uptime_seconds),
    gauge('rma_coordinator_connections', 'Open connections with other nodes.', figures.connections),
    gauge('rma_coordinator_relay_reservations', 'Nodes this one relays for.', figures.relay_reservations),
    gauge('rma_coordinator_http_workers', 'Workers that registered over HTTP.', dht.http_workers),
    gauge('rma_coordinator_requests_running', 'Requests of clients that run now.', requests.running),
    counter('rma_coordinator_requests_total', 'Requests of clients that have ended.', requests.finished),
    counter('rma_coordinator_requests_refused_total', 'Requests turned away for a key or a quota.', requests.refused),
    gauge('rma_coordinator_directory_workers', 'Workers whose records are kept here.', dht.directory.workers),
    gauge('rma_coordinator_directory_keys', 'Directory keys with records.', dht.directory.keys),
    gauge('rma_coordinator_directory_bytes', 'Bytes of the records kept.', dht.directory.bytes),
    gauge(
      'rma_edge_requests_today',
      'Requests sent to the edge router since midnight UTC.',
      figures.edge_requests_today,
    ),
  ]
}

function gauge(name: string, help: string, value: number): MetricFamily {
  return { name, help, type: 'gauge', samples: [{ value }] }
}

function counter(name: string, help: string, value: number): MetricFamily {
  return { name, help, type: 'counter', samples: [{ value }] }
}
