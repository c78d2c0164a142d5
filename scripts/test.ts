import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism, constants, setPriority, tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { findOrInstallBrowser } from './find-browser.ts'
import { passedAgain, readReport, sumCounts, type TestReport, worthAnotherRun } from './test-report.ts'

const reports = mkdtempSync(join(tmpdir(), 'rma-donor-reports-'))
const unitReport = join(reports, 'unit.json')
const againReport = join(reports, 'again.json')
const endToEndReport = join(reports, 'e2e.json')

interface Step {
  name: string
  command: string[]
  env?: Record<string, string>
}

/** They change nothing and take one processor each: as many are made at once as there are processors. */
const checks: Step[] = [
  { name: 'types of the main process', command: ['tsc', '-p', 'tsconfig.node.json'] },
  { name: 'types of the renderer', command: ['tsc', '-p', 'tsconfig.web.json'] },
  { name: 'types of the edge router', command: ['tsc', '-p', 'tsconfig.worker.json'] },
  { name: 'lint and format', command: ['biome', 'check', '.'] },
  {
    name: 'import rules',
    command: ['depcruise', '--config', '.dependency-cruiser.cjs', 'src', 'bench', 'e2e', 'scripts'],
  },
  { name: 'unused code', command: ['knip'] },
  { name: 'strings', command: ['node', 'scripts/check-strings.ts'] },
]

const build: Step = { name: 'build', command: ['electron-vite', 'build', '--logLevel', 'warn'] }
const unitTests: Step = { name: 'unit and integration tests', command: vitest(unitReport) }
const endToEndTests: Step = {
  name: 'end-to-end tests',
  command: ['playwright', 'test', '--reporter=list,json'],
  env: { PLAYWRIGHT_JSON_OUTPUT_NAME: endToEndReport },
}

function vitest(report: string, ...files: string[]): string[] {
  return ['vitest', 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...files]
}

function run({ name, command, env }: Step): boolean {
  console.log(`\n── ${name}`)
  const startedAt = Date.now()
  const [program = '', ...args] = command
  const { status } = spawnSync(program, args, { stdio: 'inherit', env: { ...process.env, ...env } })
  tell(name, status === 0, startedAt)
  return status === 0
}

/** Shows what a check says only once it has ended, for others run meanwhile. Returns the names of those that failed. */
async function runAtOnce(all: readonly Step[]): Promise<string[]> {
  const left = all.values()
  const failed: string[] = []
  const runNext = async (): Promise<void> => {
    for (const { name, command } of left) {
      const startedAt = Date.now()
      const [program = '', ...args] = command
      const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
      const said: Buffer[] = []
      for (const output of [child.stdout, child.stderr]) output.on('data', (chunk: Buffer) => said.push(chunk))
      const [code] = await once(child, 'close')
      process.stdout.write(Buffer.concat(said))
      tell(name, code === 0, startedAt)
      if (code !== 0) failed.push(name)
    }
  }
  await Promise.all(Array.from({ length: availableParallelism() }, runNext))
  return failed
}

function tell(name: string, ok: boolean, startedAt: number): void {
  console.log(`── ${name}: ${ok ? 'ok' : 'FAILED'}, ${((Date.now() - startedAt) / 1_000).toFixed(1)} s`)
}

function reportAt(path: string): TestReport {
  try {
    return readReport(JSON.parse(readFileSync(path, 'utf8')))
  } catch (error) {
    console.error(`no test report: ${(error as Error).message}`)
    return { counts: { passed: 0, failed: 1, skipped: 0 }, failed: [], unsteady: [] }
  }
}

/** Where a few tests failed beside all others, they are run once more alone: late is not broken. */
function runUnitTests(): { ok: boolean; report: TestReport } {
  const ok = run(unitTests)
  const report = reportAt(unitReport)
  const again = ok ? [] : worthAnotherRun(report)
  if (again.length === 0) return { ok, report }
  const command = [...vitest(againReport, ...again), '--maxWorkers=1']
  return run({ name: 'what failed, alone', command }) ? { ok: true, report: passedAgain(report) } : { ok, report }
}

// Engines run at low priority: beside tests at the usual one, on a machine that has nothing to spare, they would hardly run.
setPriority(constants.priority.PRIORITY_BELOW_NORMAL)
findOrInstallBrowser()
const failed = await runAtOnce(checks)
const results: TestReport[] = []
if (run(build)) {
  const units = runUnitTests()
  const endToEnd = run(endToEndTests)
  if (!units.ok) failed.push(unitTests.name)
  if (!endToEnd) failed.push(endToEndTests.name)
  results.push(units.report, reportAt(endToEndReport))
} else {
  failed.push(build.name)
}
rmSync(reports, { recursive: true })
const counts = sumCounts(results.map(result => result.counts))
const unsteady = results.flatMap(result => result.unsteady)
if (unsteady.length > 0) console.log(`\nUnsteady, failed and passed when run again:\n  ${unsteady.join('\n  ')}`)
if (failed.length > 0) console.log(`\nFailed: ${failed.join(', ')}`)
for (const { file, tests } of results.flatMap(result => result.failed)) {
  console.log(`  ${relative(process.cwd(), file)}`)
  for (const { name, why } of tests) console.log(`    ${name}: ${why}`)
}
console.log(`\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`)
process.exitCode = failed.length > 0 ? 1 : 0
