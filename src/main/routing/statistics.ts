import type { RoutingStatistics } from '../../shared/schema/status.ts'

type Counted = Omit<RoutingStatistics, 'cacheSize' | 'cacheHitRate'>

/** Counts what the router did since the node started. */
export class RoutingCounters {
  readonly #counts: Counted = {
    localRequests: 0,
    forwardedRequests: 0,
    cacheHits: 0,
    cacheMisses: 0,
    dhtLookups: 0,
    failedRequests: 0,
  }

  add(what: keyof Counted): void {
    this.#counts[what]++
  }

  snapshot(cacheSize: number): RoutingStatistics {
    const { cacheHits, cacheMisses } = this.#counts
    const asked = cacheHits + cacheMisses
    return { ...this.#counts, cacheSize, cacheHitRate: asked === 0 ? 0 : cacheHits / asked }
  }
}
