import { readFile } from 'node:fs/promises'
import { z } from 'zod'

export interface TestCounts {
  passed: number
  failed: number
  skipped: number
}

const vitestReport = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  numPendingTests: z.number(),
})

const playwrightReport = z.object({
  stats: z.object({ expected: z.number(), unexpected: z.number(), flaky: z.number(), skipped: z.number() }),
})

/** Reads the JSON report of Vitest or Playwright. A flaky test counts as failed. Rejects when it is neither's. */
export async function readCounts(path: string): Promise<TestCounts> {
  const report: unknown = JSON.parse(await readFile(path, 'utf8'))
  const unit = vitestReport.safeParse(report)
  if (unit.success) {
    const { numPassedTests, numFailedTests, numPendingTests } = unit.data
    return { passed: numPassedTests, failed: numFailedTests, skipped: numPendingTests }
  }
  const { stats } = playwrightReport.parse(report)
  return { passed: stats.expected, failed: stats.unexpected + stats.flaky, skipped: stats.skipped }
}

export function sumCounts(all: TestCounts[]): TestCounts {
  return all.reduce((sum, each) => ({
    passed: sum.passed + each.passed,
    failed: sum.failed + each.failed,
    skipped: sum.skipped + each.skipped,
  }))
}
