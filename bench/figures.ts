import type { Benchmark } from './benchmark.ts'
import { type BenchReport, formatNumber } from './report.ts'
import { formatTarget, judge } from './targets.ts'

const begin = '<!-- figures, written by npm run bench -- all -->'
const end = '<!-- /figures -->'

/** A table of all kept figures that have a target, as Markdown. */
export function figureTable(
  benchmarks: readonly Pick<Benchmark, 'name' | 'targets'>[],
  reports: readonly BenchReport[],
): string {
  const rows = reports.flatMap(report => {
    const targets = benchmarks.find(({ name }) => name === report.name)?.targets ?? {}
    const { measuredAt = '', cpuThreads = '' } = report.environment
    return judge(report.metrics, targets).map(({ metric, target, measured, met }) => [
      `\`${report.name}\``,
      `\`${metric}\``,
      formatTarget(target),
      measured === undefined ? 'not measured' : formatNumber(measured),
      met ? 'yes' : '**no**',
      `${String(measuredAt).slice(0, 10)}, ${cpuThreads} threads`,
    ])
  })
  return markdownTable(['benchmark', 'metric', 'target', 'measured', 'met', 'when and where'], rows)
}

/** Puts a table in place of the one between the markers. Throws an Error where there are none. */
export function withFigures(document: string, table: string): string {
  const from = document.indexOf(begin)
  const to = document.indexOf(end, from)
  if (from < 0 || to < 0) throw new Error(`expected the lines ${begin} and ${end}, found none`)
  return `${document.slice(0, from)}${begin}\n${table}\n${document.slice(to)}`
}

function markdownTable(head: string[], rows: string[][]): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map(row => row[column]?.length ?? 0)))
  const line = (cells: string[]) => `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  return [line(head), line(widths.map(width => '-'.repeat(width))), ...rows.map(line)].join('\n')
}
