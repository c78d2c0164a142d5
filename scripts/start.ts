import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { electronBinary } from '../e2e/desktop/support/electron-binary.ts'
import { needsBuild } from './build-state.ts'
import { type LaunchFacts, planLaunch } from './launch-plan.ts'

// npm start [-- --headless | --demo] [options of `rma-donor headless`]

const root = resolve(import.meta.dirname, '..')
const modules = join(root, 'node_modules')
const args = process.argv.slice(2)
const isChoice = (arg: string) => arg === '--headless' || arg === '--demo'

/** Runs a program to its end on this terminal; its exit code, 1 when a signal ended it. */
async function runProgram(file: string, programArgs: string[]): Promise<number> {
  const child = spawn(file, programArgs, { cwd: root, stdio: 'inherit' })
  // The terminal's Ctrl-C reaches the program by itself, and Electron takes a second one for the last.
  const leave = () => undefined
  const passOn = (signal: NodeJS.Signals) => child.kill(signal)
  process.on('SIGINT', leave).on('SIGTERM', passOn)
  const [code] = (await once(child, 'exit')) as [number | null]
  process.off('SIGINT', leave).off('SIGTERM', passOn)
  return code ?? 1
}

async function build(): Promise<void> {
  const startedAt = performance.now()
  process.stderr.write('Building …')
  const code = await runProgram(process.execPath, [
    join(modules, 'electron-vite', 'bin', 'electron-vite.js'),
    'build',
    '--logLevel',
    'warn',
  ])
  if (code !== 0) throw new Error(`the build failed with exit code ${code}`)
  process.stderr.write(` done in ${((performance.now() - startedAt) / 1_000).toFixed(1)} s\n`)
}

function findElectron(): LaunchFacts['electron'] {
  const found = electronBinary()
  return 'path' in found ? { kind: 'found', binary: found.path } : { kind: 'missing' }
}

/** Runs the installer of Electron's own package, which says nothing for half a minute and a stack trace when it fails. */
async function downloadElectron(): Promise<LaunchFacts['electron']> {
  process.stderr.write('Downloading Electron, about 100 MB, once …')
  const installer = spawn(process.execPath, [join(modules, 'electron', 'install.js')], { stdio: 'ignore' })
  await once(installer, 'exit')
  const found = findElectron()
  process.stderr.write(found.kind === 'found' ? ' done\n' : '\n')
  return found.kind === 'found' ? found : { kind: 'unavailable' }
}

async function launch(electron: LaunchFacts['electron']): Promise<void> {
  const plan = planLaunch({
    asked: { headless: args.includes('--headless'), demo: args.includes('--demo') },
    platform: process.platform,
    env: process.env,
    root: process.getuid?.() === 0,
    electron,
  })
  const rest = args.filter(arg => !isChoice(arg))
  switch (plan.kind) {
    case 'download-electron':
      return launch(await downloadElectron())
    case 'desktop':
      process.exitCode = await runProgram(plan.binary, ['.', ...rest])
      return
    case 'headless':
      if (plan.because !== undefined) process.stderr.write(`Starting without a window: ${plan.because}.\n`)
      // In this very process: the command finds its arguments where it looks for them.
      process.argv.splice(2, args.length, 'headless', ...rest)
      await import(pathToFileURL(join(root, 'out', 'main', 'cli.js')).href)
      return
    case 'demo': {
      const { runDemo } = await import('./demo/run-demo.ts')
      process.exitCode = await runDemo()
    }
  }
}

try {
  if (await needsBuild(root)) await build()
  await launch(findElectron())
} catch (error) {
  process.stderr.write(`npm start: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
