import { z } from 'zod'

export interface TestCounts {
  passed: number
  failed: number
  skipped: number
}

/** What a runner says of its tests. */
export interface TestReport {
  counts: TestCounts
  /** The files with tests that failed, and the names of those. A file that could not be run has none. */
  failed: { file: string; names: string[] }[]
  /** Tests that failed and passed when they were run again. */
  unsteady: string[]
}

const vitestSchema = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  numPendingTests: z.number(),
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      assertionResults: z.array(z.object({ fullName: z.string(), status: z.string() })),
    }),
  ),
})

const playwrightSchema = z.object({
  stats: z.object({ expected: z.number(), unexpected: z.number(), flaky: z.number(), skipped: z.number() }),
  suites: z.array(z.unknown()),
})

const suiteSchema = z.object({
  file: z.string(),
  suites: z.array(z.unknown()).default([]),
  specs: z.array(z.object({ title: z.string(), tests: z.array(z.object({ status: z.string() })) })).default([]),
})

/** Reads the JSON report of Vitest or of Playwright. Throws when it is neither's. */
export function readReport(report: unknown): TestReport {
  const unit = vitestSchema.safeParse(report)
  return unit.success ? ofVitest(unit.data) : ofPlaywright(playwrightSchema.parse(report))
}

function ofVitest(report: z.infer<typeof vitestSchema>): TestReport {
  const failed = report.testResults
    .filter(({ status }) => status === 'failed')
    .map(({ name, assertionResults }) => ({
      file: name,
      names: assertionResults.flatMap(({ fullName, status }) => (status === 'failed' ? [fullName] : [])),
    }))
  const notRun = failed.filter(({ names }) => names.length === 0).length
  return {
    counts: {
      passed: report.numPassedTests,
      failed: report.numFailedTests + notRun,
      skipped: report.numPendingTests,
    },
    failed,
    unsteady: [],
  }
}

function ofPlaywright({ stats, suites }: z.infer<typeof playwrightSchema>): TestReport {
  const specs = suites.flatMap(specsOf)
  const ended = (status: string) => specs.filter(({ statuses }) => statuses.includes(status))
  const broken = Map.groupBy(ended('unexpected'), ({ file }) => file)
  return {
    counts: { passed: stats.expected + stats.flaky, failed: stats.unexpected, skipped: stats.skipped },
    failed: [...broken].map(([file, of]) => ({ file, names: of.map(({ title }) => title) })),
    unsteady: ended('flaky').map(({ title }) => title),
  }
}

function specsOf(suite: unknown): { file: string; title: string; statuses: string[] }[] {
  const { file, suites, specs } = suiteSchema.parse(suite)
  const own = specs.map(({ title, tests }) => ({ file, title, statuses: tests.map(({ status }) => status) }))
  return [...own, ...suites.flatMap(specsOf)]
}

/** Above this something is broken rather than late. */
const mostFilesAgain = 5

/**
 * The files to run once more with nothing beside them, which tells a broken program from one that only had no processor: a
 * few with tests of whole processes, which are those in `folder`. None where anything else failed as well.
 */
export function worthAnotherRun({ failed }: TestReport, folder: string): string[] {
  const files = failed.map(({ file }) => file)
  return files.length <= mostFilesAgain && files.every(file => file.startsWith(`${folder}/`)) ? files : []
}

/** The report of a run whose failures have all passed when they were run again. */
export function passedAgain({ counts, failed }: TestReport): TestReport {
  return {
    counts: { ...counts, passed: counts.passed + counts.failed, failed: 0 },
    failed: [],
    unsteady: failed.flatMap(({ names }) => names),
  }
}

export function sumCounts(all: readonly TestCounts[]): TestCounts {
  const none = { passed: 0, failed: 0, skipped: 0 }
  return all.reduce(
    (sum, each) => ({
      passed: sum.passed + each.passed,
      failed: sum.failed + each.failed,
      skipped: sum.skipped + each.skipped,
    }),
    none,
  )
}
