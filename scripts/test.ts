import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { findOrInstallBrowser } from './find-browser.ts'
import { readCounts, sumCounts, type TestCounts } from './test-counts.ts'

const reports = mkdtempSync(join(tmpdir(), 'rma-donor-reports-'))
const unitReport = join(reports, 'unit.json')
const endToEndReport = join(reports, 'e2e.json')

interface Step {
  name: string
  command: string[]
  env?: Record<string, string>
  /** Without it the later steps mean nothing; other failures leave the rest worth knowing. */
  essential?: boolean
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
]

/** One after the other. */
const steps: Step[] = [
  { name: 'build', command: ['electron-vite', 'build', '--logLevel', 'warn'], essential: true },
  {
    name: 'unit and integration tests',
    command: ['vitest', 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${unitReport}`],
  },
  {
    name: 'end-to-end tests',
    command: ['playwright', 'test', '--reporter=list,json'],
    env: { PLAYWRIGHT_JSON_OUTPUT_NAME: endToEndReport },
  },
]

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

async function countsOf(path: string): Promise<TestCounts> {
  try {
    return await readCounts(path)
  } catch (error) {
    console.error(`no test report: ${(error as Error).message}`)
    return { passed: 0, failed: 1, skipped: 0 }
  }
}

findOrInstallBrowser()
const failed = await runAtOnce(checks)
for (const step of steps) {
  if (run(step)) continue
  failed.push(step.name)
  if (step.essential === true) break
}
const counts = sumCounts([await countsOf(unitReport), await countsOf(endToEndReport)])
rmSync(reports, { recursive: true })
if (failed.length > 0) console.log(`\nFailed: ${failed.join(', ')}`)
console.log(`\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`)
process.exitCode = failed.length > 0 ? 1 : 0
