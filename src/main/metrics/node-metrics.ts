import { type LatencyFigures, latencyBoundsMs, type RoutingReport } from '../../shared/schema/routing.ts'
import type { Status } from '../../shared/schema/status.ts'
import { second } from '../../shared/units.ts'
import { histogramSamples, type Labels, type MetricFamily, type Sample } from './exposition.ts'

/** Workers with a series of their own: those asked last. */
const mostWorkers = 20

export interface NodeMetricsSource {
  status: Status
  routing: RoutingReport
}

/**
 * A node's metrics. The number of series is bounded whatever peers and programs do: services by the router, paths and
 * circuits by their kinds, workers by the newest twenty.
 */
export function nodeMetrics({ status, routing }: NodeMetricsSource): MetricFamily[] {
  return [
    ...ofNode(status),
    ...ofRequests(routing),
    ...ofLookups(routing),
    ...ofWorkers(routing),
    ...ofServices(status),
  ]
}

function ofNode({ self, donating, load, counters }: Status): MetricFamily[] {
  const info = { version: self.version, worker_type: self.workerType, network: self.network.name }
  return [
    gauge('rma_node_info', 'What this node is.', [{ labels: info, value: 1 }]),
    gauge('rma_start_time_seconds', 'When it started, Unix time.', [{ value: self.startedAt / second }]),
    gauge('rma_donating', 'Whether it takes requests from others.', [{ value: donating ? 1 : 0 }]),
    gauge('rma_load_ratio', 'CPU of the machine in use, and the load it announces.', [
      { labels: { kind: 'cpu' }, value: load.cpu },
      { labels: { kind: 'announced' }, value: load.announced },
    ]),
    counter('rma_jobs_total', 'Jobs of others served here, of this node served elsewhere, and failed ones.', [
      { labels: { outcome: 'served' }, value: counters.served },
      { labels: { outcome: 'requested' }, value: counters.requested },
      { labels: { outcome: 'failed' }, value: counters.failed },
    ]),
    counter('rma_pages_read_total', 'Pages read by ocr.', [{ value: counters.pagesRead }]),
  ]
}

function ofRequests({ totals, services, paths }: RoutingReport): MetricFamily[] {
  return [
    counter(
      'rma_requests_total',
      'Requests routed, by how they ended.',
      services.flatMap(({ service, local, forwarded, coordinator, failed }) =>
        Object.entries({ local, forwarded, coordinator, failed }).map(([outcome, value]) => ({
          labels: { service, outcome },
          value,
        })),
      ),
    ),
    histogram(
      'rma_request_duration_seconds',
      'From routing a request to the first byte of its answer.',
      services.map(({ service, latency }) => ({ labels: { service }, latency })),
    ),
    histogram(
      'rma_path_duration_seconds',
      'The same by the way it went.',
      paths.map(({ path, latency }) => ({ labels: { path }, latency })),
    ),
    counter('rma_retried_requests_total', 'Times another worker was asked.', [{ value: totals.retriedRequests }]),
    counter('rma_hedged_requests_total', 'Requests sent to a second worker.', [{ value: totals.hedgedRequests }]),
    counter('rma_hedges_won_total', 'Second workers that were quicker.', [{ value: totals.hedgesWon }]),
    gauge('rma_fallback_ratio', 'Share of requests handed to a coordinator.', [{ value: totals.fallbackRate }]),
  ]
}

function ofLookups({ totals }: RoutingReport): MetricFamily[] {
  return [
    counter('rma_cache_lookups_total', 'Requests whose workers were, or were not, in the cache.', [
      { labels: { result: 'hit' }, value: totals.cacheHits },
      { labels: { result: 'miss' }, value: totals.cacheMisses },
    ]),
    gauge('rma_cache_hit_ratio', 'Share of requests whose workers were in the cache.', [
      { value: totals.cacheHitRate },
    ]),
    gauge('rma_cache_workers', 'Workers in the cache.', [{ value: totals.cacheSize }]),
    counter('rma_dht_lookups_total', 'Lookups that a request waited for.', [{ value: totals.dhtLookups }]),
    gauge('rma_dht_hit_ratio', 'Share of those that named a worker.', [{ value: totals.dhtHitRate }]),
  ]
}

function ofWorkers({ workers }: RoutingReport): MetricFamily[] {
  const latest = workers.slice(0, mostWorkers)
  const shut = (['open', 'half-open'] as const).map(kind => ({
    labels: { circuit: kind },
    value: workers.filter(({ circuit }) => circuit === kind).length,
  }))
  return [
    gauge(
      'rma_worker_latency_seconds',
      'Mean of the last answers of the workers asked last.',
      latest.map(({ worker, meanMs }) => ({ labels: { worker }, value: meanMs / second })),
    ),
    gauge(
      'rma_worker_requests_in_flight',
      'Requests under way to the workers asked last.',
      latest.map(({ worker, inFlight }) => ({ labels: { worker }, value: inFlight })),
    ),
    gauge('rma_circuits_shut', 'Workers that are avoided because they failed.', shut),
  ]
}

function ofServices({ services }: Status): MetricFamily[] {
  return [
    gauge(
      'rma_service_offered',
      'Whether a service is to be had here.',
      services.map(({ type, unavailable }) => ({
        labels: { service: type },
        value: unavailable === undefined ? 1 : 0,
      })),
    ),
    gauge(
      'rma_service_jobs',
      'Jobs on this node.',
      services.flatMap(({ type, running, waiting }) => [
        { labels: { service: type, state: 'running' }, value: running },
        { labels: { service: type, state: 'waiting' }, value: waiting },
      ]),
    ),
    gauge(
      'rma_service_slots',
      'Jobs that may run at once.',
      services.map(({ type, slots }) => ({ labels: { service: type }, value: slots })),
    ),
  ]
}

function gauge(name: string, help: string, samples: readonly Sample[]): MetricFamily {
  return { name, help, type: 'gauge', samples }
}

function counter(name: string, help: string, samples: readonly Sample[]): MetricFamily {
  return { name, help, type: 'counter', samples }
}

function histogram(
  name: string,
  help: string,
  rows: readonly { labels: Labels; latency: LatencyFigures }[],
): MetricFamily {
  const bounds = latencyBoundsMs.map(ms => ms / second)
  const samples = rows.flatMap(({ labels, latency: { counts, sumMs } }) =>
    histogramSamples(labels, { bounds, counts, sum: sumMs / second }),
  )
  return { name, help, type: 'histogram', samples }
}
