import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { latencyBoundsMs, latencyQuantile, routingStatisticsSchema } from '../../shared/schema/routing.ts'
import { LatencyWindow } from './latency-window.ts'
import { RoutingCounters } from './statistics.ts'

const anywhere = { path: 'direct' as const, latencyMs: 40 }

describe('routing statistics', () => {
  it('count requests by how they were served, and lookups by what they named', () => {
    const counters = new RoutingCounters()
    counters.served('ocr', 'local', { path: 'local', latencyMs: 10 })
    counters.served('ocr', 'forwarded', anywhere)
    counters.served('chat', 'forwarded', anywhere)
    counters.failed('chat')
    for (let times = 0; times < 3; times++) counters.lookedUp('cache', { fresh: false, found: 5 })
    counters.lookedUp('dht', { fresh: false, found: 0 })
    counters.lookedUp('dht', { fresh: true, found: 2 })
    counters.sentToCoordinator()
    const statistics = routingStatisticsSchema.parse(counters.snapshot(7))
    expect(statistics).toMatchObject({
      localRequests: 1,
      forwardedRequests: 2,
      failedRequests: 1,
      cacheHits: 3,
      cacheMisses: 1,
      cacheHitRate: 0.75,
      dhtLookups: 2,
      dhtHitRate: 0.5,
      fallbackRate: 0.25,
      cacheSize: 7,
    })
  })

  it('keep a row for sixteen services and one for all others, whatever is asked for', () => {
    const counters = new RoutingCounters()
    for (let index = 0; index < 1_000; index++) counters.failed(`service-${index}`)
    const { services } = counters.details()
    expect(services).toHaveLength(17)
    expect(services.at(-1)).toMatchObject({ service: 'other', failed: 984 })
    expect(counters.snapshot(0).failedRequests).toBe(1_000)
  })

  it('tell latencies by path, to within the class they fall in', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 119_000, noNaN: true }), { minLength: 1, maxLength: 200 }),
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        (latencies, share) => {
          const counters = new RoutingCounters()
          for (const latencyMs of latencies) counters.served('ocr', 'forwarded', { path: 'relay', latencyMs })
          const figures = counters.details().paths[0]?.latency
          if (figures === undefined) throw new Error('expected a row for the path')
          expect(figures.count).toBe(latencies.length)
          const exact = latencies.toSorted((a, b) => a - b)[Math.ceil(share * latencies.length) - 1] ?? 0
          const bound = latencyBoundsMs.findIndex(each => exact <= each)
          expect(latencyQuantile(figures, share)).toBeGreaterThanOrEqual(latencyBoundsMs[bound - 1] ?? 0)
          expect(latencyQuantile(figures, share)).toBeLessThanOrEqual((latencyBoundsMs[bound] ?? 0) + 1e-6)
        },
      ),
    )
  })
})

describe('a latency window', () => {
  it('tells quantiles of the last 128, a little late', () => {
    const window = new LatencyWindow()
    expect(window.quantile(0.95)).toBe(0)
    for (let index = 0; index < 500; index++) window.add(9_999)
    for (let latencyMs = 1; latencyMs <= 128; latencyMs++) window.add(latencyMs)
    expect(window.size).toBe(128)
    expect(window.quantile(0.5)).toBe(64)
    expect(window.quantile(0.95)).toBe(122)
  })
})
