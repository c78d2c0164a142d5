import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, globSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, tmpdir, totalmem } from 'node:os'
import { join, relative } from 'node:path'
import { z } from 'zod'
import {
  merged,
  partSchema,
  type Results,
  reliabilityPage,
  resultsSchema,
  sectionSchema,
} from './long/reliability-page.ts'

// npm run test:long [-- <file or folder>]: runs the long set, or a part of it, and writes docs/reliability.md.

const root = join(import.meta.dirname, '..')
const resultsFile = join(root, 'docs', 'reliability.json')
const packages = ['libp2p', '@libp2p/kad-dht', '@libp2p/yamux', 'undici', 'zod']

const vitestSchema = z.object({
  testResults: z.array(
    z.object({
      name: z.string(),
      assertionResults: z.array(z.object({ title: z.string(), status: z.string() })),
    }),
  ),
})

const folder = mkdtempSync(join(tmpdir(), 'rma-long-'))
const json = join(folder, 'vitest.json')
const sections = join(folder, 'sections')
const { status } = spawnSync(
  'vitest',
  [
    ...[
      'run',
      '--config',
      'vitest.long.config.ts',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${json}`,
    ],
    ...process.argv.slice(2),
  ],
  { stdio: 'inherit', cwd: root, env: { ...process.env, RMA_LONG_REPORT: sections } },
)
const files = globSync('e2e/**/*.long.ts', { cwd: root }).sort()
const results = merged(before(), await found())
writeFileSync(resultsFile, `${JSON.stringify(results, null, 2)}\n`)
writeFileSync(join(root, 'docs', 'reliability.md'), reliabilityPage(results, files))
rmSync(folder, { recursive: true })
console.log('written: docs/reliability.md')
process.exitCode = status ?? 1

function before(): Results {
  if (!existsSync(resultsFile)) return { parts: [], tests: [] }
  return resultsSchema.parse(JSON.parse(readFileSync(resultsFile, 'utf8')))
}

async function found(): Promise<Results> {
  const on = new Date().toISOString().slice(0, 10)
  const tests = testsOf(on)
  const common = { on, commit: commit(), machine: machine(), versions: versions() }
  const parts = existsSync(sections)
    ? readdirSync(sections).map(name => {
        const section = sectionSchema.parse(JSON.parse(readFileSync(join(sections, name), 'utf8')))
        const own = tests.filter(({ file }) => file.startsWith(partOf(section)))
        return partSchema.parse({
          ...section,
          ...common,
          passed: own.length > 0 && own.every(({ outcome }) => outcome === 'passed'),
        })
      })
    : []
  return { parts, tests }
}

/** What the command of a part names: a file or a folder. */
function partOf({ ranWith }: z.infer<typeof sectionSchema>): string {
  return String(ranWith.command).split(' -- ')[1] ?? ''
}

function testsOf(on: string): Results['tests'] {
  if (!existsSync(json)) return []
  const { testResults } = vitestSchema.parse(JSON.parse(readFileSync(json, 'utf8')))
  return testResults.flatMap(({ name: path, assertionResults }) =>
    assertionResults.map(({ title, status: outcome }) => ({ name: title, file: relative(root, path), on, outcome })),
  )
}

function commit(): string {
  const hash = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim()
  const changed = execFileSync('git', ['status', '--porcelain', 'src', 'e2e'], { cwd: root, encoding: 'utf8' }).trim()
  return changed === '' ? hash : `${hash} with changes`
}

function machine(): string {
  const gib = Math.round(totalmem() / 2 ** 30)
  return `${availableParallelism()} × ${cpus()[0]?.model.trim() ?? 'processor'}, ${gib} GiB`
}

function versions(): string {
  const of = (name: string) =>
    z
      .object({ version: z.string() })
      .parse(JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8'))).version
  return [`Node ${process.versions.node}`, ...packages.map(name => `${name} ${of(name)}`)].join(', ')
}
