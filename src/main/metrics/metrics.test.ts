import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sampleRoutingReport, sampleStatus } from '../../shared/testing/samples.ts'
import { RoutingCounters } from '../routing/statistics.ts'
import { formatMetrics, histogramSamples } from './exposition.ts'
import { nodeMetrics } from './node-metrics.ts'

/** A line of the text format: name, labels, value. */
const sampleLine = /^([a-z_]+)(?:\{((?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)*)\})? (-?[\d.e+-]+|[+-]Inf|NaN)$/

function linesOf(text: string): string[] {
  expect(text.endsWith('\n')).toBe(true)
  return text.trimEnd().split('\n')
}

describe('metrics as text', () => {
  it('escapes whatever stands in a label', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }).filter(text => !/[\r\u2028\u2029\u0085]/.test(text)),
        value => {
          const text = formatMetrics([
            { name: 'a', help: 'h', type: 'gauge', samples: [{ labels: { v: value }, value: 1 }] },
          ])
          const [, , line = ''] = linesOf(text)
          const said = sampleLine.exec(line)?.[2]?.slice('v="'.length, -1)
          expect(said?.replace(/\\(["\\n])/g, (_, c) => (c === 'n' ? '\n' : c))).toBe(value)
        },
      ),
    )
  })

  it('adds the classes of a histogram up, the last for everything', () => {
    const samples = histogramSamples({ service: 'ocr' }, { bounds: [0.1, 1], counts: [2, 3, 4], sum: 12.5 })
    expect(linesOf(formatMetrics([{ name: 'd', help: 'Times.', type: 'histogram', samples }]))).toEqual([
      '# HELP d Times.',
      '# TYPE d histogram',
      'd_bucket{service="ocr",le="0.1"} 2',
      'd_bucket{service="ocr",le="1"} 5',
      'd_bucket{service="ocr",le="+Inf"} 9',
      'd_sum{service="ocr"} 12.5',
      'd_count{service="ocr"} 9',
    ])
  })
})

describe('a node’s metrics', () => {
  const counters = new RoutingCounters()
  for (let index = 0; index < 300; index++) {
    counters.served(`service-${index}`, 'forwarded', { path: 'direct', latencyMs: index })
  }
  const workers = Array.from({ length: 300 }, (_, index) => ({
    worker: `12D3KooW${index}`,
    answers: 1,
    meanMs: 5,
    inFlight: 0,
    circuit: 'open' as const,
    trust: 'new' as const,
  }))
  const routing = { ...sampleRoutingReport, totals: counters.snapshot(9), ...counters.details(), workers }
  const lines = linesOf(formatMetrics(nodeMetrics({ status: sampleStatus, routing })))

  it('are lines that Prometheus reads, each series once, each metric said what it is', () => {
    const series = lines.filter(line => !line.startsWith('#'))
    for (const line of series) expect(line).toMatch(sampleLine)
    expect(new Set(series.map(line => line.slice(0, line.lastIndexOf(' ')))).size).toBe(series.length)
    for (const name of new Set(series.map(line => /^[a-z_]+?(?=_bucket|_sum|_count|[{ ])/.exec(line)?.[0]))) {
      expect(lines).toContainEqual(expect.stringMatching(new RegExp(`^# TYPE ${name} (counter|gauge|histogram)$`)))
    }
  })

  it('tell what was counted', () => {
    expect(lines).toContain('rma_requests_total{service="service-3",outcome="forwarded"} 1')
    expect(lines).toContain('rma_requests_total{service="other",outcome="forwarded"} 284')
    expect(lines).toContain('rma_path_duration_seconds_count{path="direct"} 300')
    expect(lines).toContain('rma_cache_workers 9')
    expect(lines).toContain('rma_circuits_shut{circuit="open"} 300')
  })

  it('do not grow with the number of services and workers', () => {
    expect(lines.length).toBeLessThan(800)
  })
})
