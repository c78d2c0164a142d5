import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { plain, problemOf, switchedOff, threatsIn } from './defences/check-defences.ts'
import { type Defence, defences } from './defences/defences.ts'

// npm run test:defences [-- <part of a threat or file>]: switches each defence off, one at a time, in a copy of the source,
// and expects its test to fail. Takes some minutes.

const root = join(import.meta.dirname, '..')
const timeoutMs = 180_000
const left = new Set(['node_modules', '.git', 'out', 'dist', 'release', 'coverage', 'test-results'])

interface Trial {
  defence: Defence
  /** `noticed`: its test failed, as it should. */
  outcome: 'noticed' | 'unnoticed' | 'not applicable' | 'test fails by itself'
  detail?: string
}

const [wanted = ''] = process.argv.slice(2)
const chosen = defences.filter(({ threat, file }) => `${threat} ${file}`.includes(wanted))
const copy = mkdtempSync(join(tmpdir(), 'rma-defences-'))
try {
  cpSync(root, copy, { recursive: true, filter: path => path === root || !left.has(basename(path)) })
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
  // Some tests drive the built program.
  symlinkSync(join(root, 'out'), join(copy, 'out'))
  const sound = new Map<string, boolean>()
  const trials: Trial[] = []
  for (const [index, defence] of chosen.entries()) {
    const startedAt = performance.now()
    const trial = attempt(defence, sound)
    trials.push(trial)
    const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1)
    console.log(
      `${index + 1}/${chosen.length} ${trial.outcome.padEnd(14)} ${seconds} s  ${defence.threat} (${defence.file})`,
    )
    if (trial.detail !== undefined) console.log(`    ${trial.detail}`)
  }
  const bad = trials.filter(({ outcome }) => outcome !== 'noticed')
  console.log(
    `\n${trials.length - bad.length} of ${trials.length} defences are missed by a test as soon as they are off`,
  )
  for (const { defence, outcome } of bad)
    console.log(`${outcome}: ${defence.threat} (${defence.file}, ${defence.test})`)
  const listed = threatsIn(readFileSync(join(root, 'docs', 'security.md'), 'utf8'))
  const missing =
    wanted === '' ? listed.filter(threat => !defences.some(defence => plain(defence.threat) === plain(threat))) : []
  for (const threat of missing) console.log(`no row in scripts/defences: ${threat}`)
  process.exitCode = bad.length + missing.length === 0 ? 0 : 1
} finally {
  rmSync(copy, { recursive: true, force: true })
}

function attempt(defence: Defence, sound: Map<string, boolean>): Trial {
  const problem = problemOf(defence, root)
  if (problem !== undefined) return { defence, outcome: 'not applicable', detail: problem }
  const key = `${defence.test} ${defence.named ?? ''}`
  if (!sound.has(key)) sound.set(key, run(defence) === 'passed')
  if (sound.get(key) !== true) return { defence, outcome: 'test fails by itself' }
  const path = join(copy, defence.file)
  const source = readFileSync(path, 'utf8')
  writeFileSync(path, switchedOff(defence, source))
  try {
    const outcome = run(defence)
    // A test that no longer ends has noticed as well.
    return { defence, outcome: outcome === 'passed' ? 'unnoticed' : 'noticed' }
  } finally {
    writeFileSync(path, source)
  }
}

function run({ test, named }: Defence): 'passed' | 'failed' | 'timed out' {
  const only = named === undefined ? [] : ['-t', named]
  const { status, error } = spawnSync('vitest', ['run', '--bail=1', test, ...only], {
    cwd: copy,
    stdio: 'ignore',
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
  })
  if (error !== undefined && 'code' in error && error.code === 'ETIMEDOUT') return 'timed out'
  return status === 0 ? 'passed' : 'failed'
}
