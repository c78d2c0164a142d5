import { expect, it } from 'vitest'
import { sampleRoutingReport } from '../../shared/testing/samples.ts'
import { RoutingCounters } from '../routing/statistics.ts'
import { formatStatistics } from './statistics.ts'

it('shows what was routed, and how long it took by service, path and worker', () => {
  const counters = new RoutingCounters()
  counters.lookedUp('cache', { fresh: false, found: 3 })
  for (let times = 0; times < 4; times++) counters.served('ocr', 'forwarded', { path: 'relay', latencyMs: 80 })
  const text = formatStatistics({
    totals: counters.snapshot(3),
    ...counters.details(),
    workers: [{ worker: '12D3KooWx', answers: 4, meanMs: 80, inFlight: 1, circuit: 'open', trust: 'doubted' }],
  })
  expect(text).toContain('Requests  0 served here, 4 by workers, 0 through a coordinator, 0 failed')
  expect(text).toContain('Cache     100 % of requests found workers in it; it holds 3')
  expect(text).toMatch(/^ocr +4 +80 ms +75 ms +98 ms$/m)
  expect(text).toMatch(/^relay +4 +80 ms/m)
  expect(text).toMatch(/^12D3KooWx +4 +80 ms +1 +open +doubted$/m)
})

it('leaves out what there is nothing of', () => {
  expect(formatStatistics(sampleRoutingReport)).not.toContain('WORKER')
})
