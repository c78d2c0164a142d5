import { type LatencyFigures, latencyQuantile, type RoutingReport } from '../../shared/schema/routing.ts'
import { formatTable } from './table.ts'

const shownWorkers = 10

/** What the node's router did, as a person reads it. */
export function formatStatistics({ totals, services, paths, workers }: RoutingReport): string {
  const { localRequests, forwardedRequests, coordinatorRequests, failedRequests } = totals
  const overview = formatTable([
    [
      'Requests',
      `${localRequests} served here, ${forwardedRequests} by workers, ${coordinatorRequests} through a coordinator, ${failedRequests} failed`,
    ],
    ['Cache', `${percent(totals.cacheHitRate)} of requests found workers in it; it holds ${totals.cacheSize}`],
    ['Lookups', `${totals.dhtLookups}, ${percent(totals.dhtHitRate)} of them named a worker`],
    [
      'Retries',
      `${totals.retriedRequests} to another worker, ${percent(totals.fallbackRate)} of requests to a coordinator`,
    ],
    ['Hedging', `${totals.hedgedRequests} sent twice, ${totals.hedgesWon} times the second was quicker`],
  ])
  const latency = ['ANSWERS', 'MEAN', 'P50', 'P95']
  const right = new Set([1, 2, 3, 4])
  return [
    overview,
    table(
      ['SERVICE', ...latency],
      services.map(row => [row.service, ...latencyCells(row.latency)]),
      right,
    ),
    table(
      ['PATH', ...latency],
      paths.map(row => [row.path, ...latencyCells(row.latency)]),
      right,
    ),
    table(
      ['WORKER', 'ANSWERS', 'MEAN', 'UNDER WAY', 'CIRCUIT', 'TRUST'],
      workers
        .slice(0, shownWorkers)
        .map(row => [row.worker, String(row.answers), ms(row.meanMs), String(row.inFlight), row.circuit, row.trust]),
      new Set([1, 2, 3]),
    ),
  ]
    .filter(part => part !== '')
    .join('\n\n')
}

function table(header: string[], rows: string[][], right: ReadonlySet<number>): string {
  return rows.length === 0 ? '' : formatTable([header, ...rows], right)
}

function latencyCells(latency: LatencyFigures): string[] {
  const mean = latency.count === 0 ? 0 : latency.sumMs / latency.count
  return [String(latency.count), ...[mean, latencyQuantile(latency, 0.5), latencyQuantile(latency, 0.95)].map(ms)]
}

function ms(value: number): string {
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}
