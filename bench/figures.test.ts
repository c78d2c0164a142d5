import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { formatSummary } from './all.ts'
import { benchmarks } from './benchmarks.ts'
import { figureTable, withFigures } from './figures.ts'
import type { BenchReport } from './report.ts'
import { keepReport, keptReports } from './results.ts'
import { judge } from './targets.ts'

const walk = { name: 'walk', targets: { 'step.p50': { atMost: 5 }, steps: { atLeast: 1_000 }, falls: { atMost: 0 } } }
const report: BenchReport = {
  name: 'walk',
  environment: { measuredAt: '2026-03-01T10:00:00.000Z', cpuThreads: 2 },
  settings: { repeats: 3 },
  metrics: { 'step.p50': 4.56789, steps: 999 },
}

it('meets a target at the target itself, and not what was not measured', () => {
  const met = (metrics: Record<string, number>) => judge(metrics, walk.targets).map(verdict => verdict.met)
  expect(met({ 'step.p50': 5, steps: 1_000, falls: 0 })).toEqual([true, true, true])
  expect(met({ 'step.p50': 5.1, steps: 999 })).toEqual([false, false, false])
})

it('sums up what was met', () => {
  expect(formatSummary([walk], [report]).split('\n')).toEqual([
    'met      walk  step.p50  4.568         ≤ 5',
    'NOT MET  walk  steps     999           ≥ 1000',
    'NOT MET  walk  falls     not measured  ≤ 0',
    '',
    '1 of 3 targets met',
  ])
})

describe('the table of the document', () => {
  const table = figureTable([walk], [report])

  it('has a row for each target, with the day and the machine', () => {
    expect(table.split('\n')[2]).toBe(
      '| `walk`    | `step.p50` | ≤ 5    | 4.568        | yes    | 2026-03-01, 2 threads |',
    )
    expect(table).toContain('not measured | **no** |')
  })

  it('takes the place of the one before it, and leaves all else', () => {
    const markers = ['<!-- figures, written by npm run bench -- all -->', '<!-- /figures -->']
    const document = `before\n${markers[0]}\nold\n${markers[1]}\nafter\n`
    const once = withFigures(document, table)
    expect(once).toBe(`before\n${markers[0]}\n${table}\n${markers[1]}\nafter\n`)
    expect(withFigures(once, table)).toBe(once)
    expect(() => withFigures('no markers', table)).toThrow('found none')
  })
})

it('keeps the newest report of each benchmark, and refuses a file that is none', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rma-results-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  await keepReport(folder, report)
  await keepReport(folder, { ...report, metrics: { steps: 7 } })
  expect(await keptReports(folder)).toEqual([{ ...report, metrics: { steps: 7 } }])
  await writeFile(join(folder, 'other.json'), '{"name": 3}')
  await expect(keptReports(folder)).rejects.toThrow()
})

it('knows a target of every benchmark', () => {
  for (const { name, targets } of benchmarks) expect([name, Object.keys(targets ?? {}).length]).not.toEqual([name, 0])
})
