import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { formatTable } from '../src/main/cli/table.ts'
import type { BenchAll } from './arguments.ts'
import type { Benchmark } from './benchmark.ts'
import { figureTable, withFigures } from './figures.ts'
import { type BenchReport, formatNumber } from './report.ts'
import { keepReport, keptReports, readReport } from './results.ts'
import { formatTarget, judge } from './targets.ts'

const program = fileURLToPath(new URL('./run.ts', import.meta.url))
const resultsFolder = fileURLToPath(new URL('./results/', import.meta.url))
const document = fileURLToPath(new URL('../docs/performance.md', import.meta.url))

/**
 * Runs benchmarks one after the other, each in a process of its own, so that none pays for what another left behind. Keeps their
 * reports, prints them against the targets and writes the table in docs/performance.md. Rejects at the end where one failed.
 */
export async function runAll(
  benchmarks: readonly Benchmark[],
  { names, repeats }: BenchAll,
  signal: AbortSignal,
): Promise<void> {
  const reports: BenchReport[] = []
  const failed: string[] = []
  const folder = await mkdtemp(join(tmpdir(), 'rma-bench-'))
  try {
    for (const name of names) {
      signal.throwIfAborted()
      const path = join(folder, `${name}.json`)
      const args = [program, name, '--repeats', String(repeats), '--json', path]
      const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'], signal })
      const [code] = await once(child, 'exit')
      if (code === 0) {
        const report = await readReport(path)
        await keepReport(resultsFolder, report)
        reports.push(report)
      } else failed.push(name)
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  console.log(formatSummary(benchmarks, reports))
  const table = figureTable(benchmarks, await keptReports(resultsFolder))
  await writeFile(document, withFigures(await readFile(document, 'utf8'), table))
  if (failed.length > 0) throw new Error(`failed: ${failed.join(', ')}`)
}

/** One line for each metric that has a target, and how many were met. */
export function formatSummary(
  benchmarks: readonly Pick<Benchmark, 'name' | 'targets'>[],
  reports: readonly BenchReport[],
): string {
  const verdicts = reports.flatMap(({ name, metrics }) =>
    judge(metrics, benchmarks.find(each => each.name === name)?.targets ?? {}).map(verdict => ({ name, ...verdict })),
  )
  const rows = verdicts.map(({ name, metric, target, measured, met }) => [
    met ? 'met' : 'NOT MET',
    name,
    metric,
    measured === undefined ? 'not measured' : formatNumber(measured),
    formatTarget(target),
  ])
  return `${formatTable(rows)}\n\n${verdicts.filter(({ met }) => met).length} of ${verdicts.length} targets met`
}
