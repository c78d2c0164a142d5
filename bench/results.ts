import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { BenchReport } from './report.ts'

const value = z.union([z.string(), z.number(), z.boolean()])
const reportSchema = z.object({
  name: z.string(),
  environment: z.record(z.string(), z.union([z.string(), z.number()])),
  settings: z.record(z.string(), value),
  metrics: z.record(z.string(), z.number()),
})

/** Reads a report as `--json` writes it. Rejects with what is wrong with the file. */
export async function readReport(path: string): Promise<BenchReport> {
  return reportSchema.parse(JSON.parse(await readFile(path, 'utf8')))
}

/** The newest report of each benchmark that was kept, by name. */
export async function keptReports(folder: string): Promise<BenchReport[]> {
  const names = (await readdir(folder).catch(() => [])).filter(name => name.endsWith('.json')).sort()
  return await Promise.all(names.map(name => readReport(join(folder, name))))
}

/** Keeps a report in place of the one before it. */
export async function keepReport(folder: string, report: BenchReport): Promise<void> {
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, `${report.name}.json`), `${JSON.stringify(report, null, 2)}\n`)
}
