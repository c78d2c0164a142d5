import type { Targets } from './targets.ts'

/** One benchmark, run by its name. Benchmarks measure; they fail no build. */
export interface Benchmark {
  name: string
  /** What it measures, in one line. */
  summary: string
  /** What is to be reached, by metric; others are there to explain these. */
  targets?: Targets
  run(options: BenchmarkOptions): Promise<BenchmarkResult>
}

export interface BenchmarkOptions {
  /** Says in one line what is being done. */
  progress(line: string): void
  /** How often each measurement is repeated; medians are reported. */
  repeats: number
  signal: AbortSignal
}

export interface BenchmarkResult {
  /** What the figures depend on: counts, sizes, versions. */
  settings: Record<string, string | number | boolean>
  /** Times in milliseconds unless the name says otherwise. */
  metrics: Record<string, number>
}

/** The middle of a list of figures, or of its two middle ones. */
export function median(figures: readonly number[]): number {
  const sorted = figures.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  const upper = sorted[Math.floor(middle)] ?? Number.NaN
  return Number.isInteger(middle) ? ((sorted[middle - 1] ?? Number.NaN) + upper) / 2 : upper
}
