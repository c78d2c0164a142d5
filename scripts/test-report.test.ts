import { describe, expect, it } from 'vitest'
import { passedAgain, readReport, sumCounts, worthAnotherRun } from './test-report.ts'

function vitestReport(results: Record<string, Record<string, 'passed' | 'failed'>>) {
  const statuses = Object.values(results).flatMap(tests => Object.values(tests))
  return {
    numPassedTests: statuses.filter(status => status === 'passed').length,
    numFailedTests: statuses.filter(status => status === 'failed').length,
    numPendingTests: 2,
    testResults: Object.entries(results).map(([name, tests]) => ({
      name,
      status: Object.keys(tests).length === 0 || Object.values(tests).includes('failed') ? 'failed' : 'passed',
      assertionResults: Object.entries(tests).map(([fullName, status]) => ({
        fullName,
        status,
        failureMessages: status === 'failed' ? ['Error: \u001b[31mlate\u001b[39m\n    at a line'] : [],
      })),
    })),
  }
}

describe('the report of Vitest', () => {
  it('is counted, with the failures and their reasons by file', () => {
    const { counts, failed } = readReport(
      vitestReport({ '/p/e2e/a.test.ts': { one: 'passed', two: 'failed' }, '/p/src/b.test.ts': { three: 'passed' } }),
    )
    expect(counts).toEqual({ passed: 2, failed: 1, skipped: 2 })
    expect(failed).toEqual([{ file: '/p/e2e/a.test.ts', tests: [{ name: 'two', why: 'Error: late' }] }])
  })

  it('counts a file that could not be run as a failure', () => {
    expect(readReport(vitestReport({ '/p/src/a.test.ts': {} })).counts.failed).toBe(1)
  })
})

describe('the report of Playwright', () => {
  const specs = [
    { title: 'steady', tests: [{ status: 'expected' }] },
    { title: 'late', tests: [{ status: 'flaky' }] },
  ]
  const broken = [
    {
      title: 'broken',
      tests: [{ status: 'unexpected', results: [{ error: { message: 'Error: no list\nCall log' } }] }],
    },
  ]
  const report = {
    stats: { expected: 1, unexpected: 1, flaky: 1, skipped: 4 },
    suites: [{ file: 'a.spec.ts', specs, suites: [{ file: 'a.spec.ts', specs: broken }] }],
  }

  it('names what passed when it was run again, and what did not', () => {
    expect(readReport(report)).toEqual({
      counts: { passed: 2, failed: 1, skipped: 4 },
      failed: [{ file: 'a.spec.ts', tests: [{ name: 'broken', why: 'Error: no list' }] }],
      unsteady: ['late'],
    })
  })
})

it('is refused when it is neither’s', () => {
  expect(() => readReport({ tests: 3 })).toThrow()
})

describe('what is run again', () => {
  const failing = (...files: string[]) =>
    readReport(vitestReport(Object.fromEntries(files.map(file => [file, { late: 'failed' as const }]))))

  it('are a few files, but not very many', () => {
    expect(worthAnotherRun(failing('/p/e2e/a.test.ts', '/p/src/b.test.ts'))).toHaveLength(2)
    expect(worthAnotherRun(failing(...'abcdef'.split('').map(name => `/p/e2e/${name}.test.ts`)))).toEqual([])
  })

  it('passes with its name kept', () => {
    const { counts, unsteady } = passedAgain(failing('/p/e2e/a.test.ts'))
    expect(counts).toEqual({ passed: 1, failed: 0, skipped: 2 })
    expect(unsteady).toEqual(['late'])
  })
})

it('sums what several runners counted', () => {
  expect(
    sumCounts([
      { passed: 1, failed: 2, skipped: 3 },
      { passed: 10, failed: 20, skipped: 30 },
    ]),
  ).toEqual({
    passed: 11,
    failed: 22,
    skipped: 33,
  })
})
