import { describe, expect, it } from 'vitest'
import { type BenchReport, describeEnvironment, formatReport } from './report.ts'

describe('the report of a benchmark', () => {
  it('shows settings and metrics in columns, with four digits that count', () => {
    const report: BenchReport = {
      name: 'walk',
      environment: { node: '24.0.0' },
      settings: { repeats: 3, quiet: true },
      metrics: { 'step.p50': 0.123456, steps: 123_456, metres: 98_765.4 },
    }
    expect(formatReport(report).split('\n')).toEqual([
      'environment',
      '  node  24.0.0',
      '',
      'settings',
      '  repeats  3',
      '  quiet    true',
      '',
      'walk (times in ms unless the name says otherwise)',
      '  step.p50  0.1235',
      '  steps     123456',
      '  metres    98770',
    ])
  })

  it('names the machine it was measured on', () => {
    expect(describeEnvironment()).toMatchObject({
      node: process.versions.node,
      cpuThreads: expect.any(Number),
      memoryMiB: expect.any(Number),
    })
  })
})
