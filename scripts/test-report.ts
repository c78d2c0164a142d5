import { stripVTControlCharacters } from 'node:util'
import { z } from 'zod'

export interface TestCounts {
  passed: number
  failed: number
  skipped: number
}

export interface FailedTest {
  name: string
  /** The first line of what the runner says about it. */
  why: string
}

/** What a runner says of its tests. */
export interface TestReport {
  counts: TestCounts
  /** The files with tests that failed. One that could not be run names none. */
  failed: { file: string; tests: FailedTest[] }[]
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
      assertionResults: z.array(
        z.object({ fullName: z.string(), status: z.string(), failureMessages: z.array(z.string()).default([]) }),
      ),
    }),
  ),
})

const playwrightSchema = z.object({
  stats: z.object({ expected: z.number(), unexpected: z.number(), flaky: z.number(), skipped: z.number() }),
  suites: z.array(z.unknown()),
})

const playwrightTestSchema = z.object({
  status: z.string(),
  results: z.array(z.object({ error: z.object({ message: z.string().default('') }).optional() })).default([]),
})

const suiteSchema = z.object({
  file: z.string(),
  suites: z.array(z.unknown()).default([]),
  specs: z.array(z.object({ title: z.string(), tests: z.array(playwrightTestSchema) })).default([]),
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
      tests: assertionResults
        .filter(({ status }) => status === 'failed')
        .map(({ fullName, failureMessages }) => ({ name: fullName, why: firstLine(failureMessages[0]) })),
    }))
  const notRun = failed.filter(({ tests }) => tests.length === 0).length
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
  const ended = (status: string) => specs.filter(({ tests }) => tests.some(test => test.status === status))
  const broken = Map.groupBy(ended('unexpected'), ({ file }) => file)
  return {
    counts: { passed: stats.expected + stats.flaky, failed: stats.unexpected, skipped: stats.skipped },
    failed: [...broken].map(([file, of]) => ({ file, tests: of.map(failureOf) })),
    unsteady: ended('flaky').map(({ title }) => title),
  }
}

type Spec = z.infer<typeof suiteSchema>['specs'][number]

function specsOf(suite: unknown): (Spec & { file: string })[] {
  const { file, suites, specs } = suiteSchema.parse(suite)
  return [...specs.map(spec => ({ ...spec, file })), ...suites.flatMap(specsOf)]
}

function failureOf({ title, tests }: Spec): FailedTest {
  const errors = tests.flatMap(({ results }) => results.flatMap(({ error }) => error ?? []))
  return { name: title, why: firstLine(errors[0]?.message) }
}

function firstLine(message = ''): string {
  return stripVTControlCharacters(message).split('\n', 1)[0] ?? ''
}

/** Above this something is broken rather than late. */
const mostFilesAgain = 5

/**
 * The files to run once more with nothing beside them, which tells a broken program from one that only had no processor. None where
 * very many failed, or nothing that is known by name.
 */
export function worthAnotherRun({ failed }: TestReport): string[] {
  return failed.length <= mostFilesAgain ? failed.map(({ file }) => file) : []
}

/** The report of a run whose failures have all passed when they were run again. */
export function passedAgain({ counts, failed }: TestReport): TestReport {
  return {
    counts: { ...counts, passed: counts.passed + counts.failed, failed: 0 },
    failed: [],
    unsteady: failed.flatMap(({ tests }) => tests.map(({ name }) => name)),
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
