import type { PathKind, ServiceType } from '../../shared/schema/primitives.ts'
import {
  type LatencyFigures,
  latencyBoundsMs,
  type RoutingReport,
  type RoutingStatistics,
} from '../../shared/schema/routing.ts'
import type { Milliseconds } from '../../shared/units.ts'

/** Services with figures of their own; all others share the last row. */
const mostServices = 16
const otherServices = 'other'

/** How a request was served. */
export type Served = 'local' | 'forwarded' | 'coordinator'

interface ServiceRow {
  local: number
  forwarded: number
  coordinator: number
  failed: number
  latency: Histogram
}

interface Lookups {
  cacheHits: number
  cacheMisses: number
  dhtLookups: number
  /** Those that named somebody. */
  dhtHits: number
}

/** Latencies by bound, so that what is kept does not grow with what is counted. */
class Histogram {
  readonly #counts = latencyBoundsMs.map(() => 0).concat(0)
  #sumMs = 0

  add(latencyMs: Milliseconds): void {
    const found = latencyBoundsMs.findIndex(bound => latencyMs <= bound)
    const index = found === -1 ? latencyBoundsMs.length : found
    this.#counts[index] = (this.#counts[index] ?? 0) + 1
    this.#sumMs += latencyMs
  }

  figures(): LatencyFigures {
    const count = this.#counts.reduce((sum, each) => sum + each, 0)
    return { count, sumMs: this.#sumMs, counts: [...this.#counts] }
  }
}

/** Counts what the router did since the node started, in all, by service and by path. */
export class RoutingCounters {
  readonly #lookups: Lookups = { cacheHits: 0, cacheMisses: 0, dhtLookups: 0, dhtHits: 0 }
  readonly #services = new Map<string, ServiceRow>()
  readonly #paths = new Map<PathKind, Histogram>()
  #retried = 0
  #hedged = 0
  #hedgesWon = 0
  #sentToCoordinator = 0

  lookedUp(source: 'cache' | 'dht', { fresh, found }: { fresh: boolean; found: number }): void {
    if (!fresh) this.#lookups[source === 'cache' ? 'cacheHits' : 'cacheMisses']++
    if (source === 'cache') return
    this.#lookups.dhtLookups++
    if (found > 0) this.#lookups.dhtHits++
  }

  served(service: ServiceType, how: Served, { path, latencyMs }: { path: PathKind; latencyMs: Milliseconds }): void {
    const row = this.#row(service)
    row[how]++
    row.latency.add(latencyMs)
    const ofPath = this.#paths.get(path) ?? new Histogram()
    this.#paths.set(path, ofPath)
    ofPath.add(latencyMs)
  }

  failed(service: ServiceType): void {
    this.#row(service).failed++
  }

  /** A request went to another worker because one did not take or finish it. */
  retried(): void {
    this.#retried++
  }

  hedge(what: 'sent' | 'won'): void {
    if (what === 'sent') this.#hedged++
    else this.#hedgesWon++
  }

  /** A request found nobody and was handed to a coordinator. */
  sentToCoordinator(): void {
    this.#sentToCoordinator++
  }

  snapshot(cacheSize: number): RoutingStatistics {
    const { dhtHits, ...lookups } = this.#lookups
    const rows = [...this.#services.values()]
    const sum = (of: (row: ServiceRow) => number) => rows.reduce((total, row) => total + of(row), 0)
    const requests = sum(row => row.local + row.forwarded + row.coordinator + row.failed)
    return {
      localRequests: sum(row => row.local),
      forwardedRequests: sum(row => row.forwarded),
      coordinatorRequests: sum(row => row.coordinator),
      failedRequests: sum(row => row.failed),
      ...lookups,
      cacheSize,
      cacheHitRate: share(lookups.cacheHits, lookups.cacheHits + lookups.cacheMisses),
      dhtHitRate: share(dhtHits, lookups.dhtLookups),
      fallbackRate: share(this.#sentToCoordinator, requests),
      retriedRequests: this.#retried,
      hedgedRequests: this.#hedged,
      hedgesWon: this.#hedgesWon,
    }
  }

  /** By service and by path; bounded, whatever was asked for. */
  details(): Pick<RoutingReport, 'services' | 'paths'> {
    return {
      services: [...this.#services].map(([service, { latency, ...row }]) => ({
        service,
        ...row,
        latency: latency.figures(),
      })),
      paths: [...this.#paths].map(([path, latency]) => ({ path, latency: latency.figures() })),
    }
  }

  #row(service: ServiceType): ServiceRow {
    const known = this.#services.get(service)
    if (known !== undefined) return known
    const name = this.#services.size < mostServices ? service : otherServices
    const row = this.#services.get(name) ?? {
      local: 0,
      forwarded: 0,
      coordinator: 0,
      failed: 0,
      latency: new Histogram(),
    }
    this.#services.set(name, row)
    return row
  }
}

function share(part: number, whole: number): number {
  return whole === 0 ? 0 : Math.min(1, part / whole)
}
