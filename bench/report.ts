import { availableParallelism, cpus, totalmem } from 'node:os'
import { formatTable } from '../src/main/cli/table.ts'
import { MiB } from '../src/shared/units.ts'
import type { Benchmark, BenchmarkResult } from './benchmark.ts'

/** What a run leaves behind: figures mean little without the machine they come from. */
export interface BenchReport extends BenchmarkResult {
  name: string
  environment: Record<string, string | number>
}

/** The machine and the program a benchmark runs on. */
export function describeEnvironment(): BenchReport['environment'] {
  return {
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cpuThreads: availableParallelism(),
    memoryMiB: Math.floor(totalmem() / MiB),
    measuredAt: new Date().toISOString(),
  }
}

export function formatReport({ name, environment, settings, metrics }: BenchReport): string {
  return [
    section('environment', environment),
    section('settings', { ...settings }),
    section(`${name} (times in ms unless the name says otherwise)`, metrics),
  ].join('\n\n')
}

export function formatList(benchmarks: readonly Benchmark[]): string {
  return indented(benchmarks.map(({ name, summary }) => [name, summary]))
}

function section(title: string, values: Record<string, string | number | boolean>): string {
  return `${title}\n${indented(Object.entries(values).map(([name, value]) => [name, formatValue(value)]))}`
}

function formatValue(value: string | number | boolean): string {
  return typeof value === 'number' ? formatNumber(value) : String(value)
}

/** Four digits that count: more than that is noise. */
export function formatNumber(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)))
}

function indented(rows: string[][]): string {
  return formatTable(rows.map(row => ['', ...row]))
}
