import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { BenchmarkOptions } from '../benchmark.ts'
import { nextWord } from '../next-word.ts'
import { KnownFigures } from './known-figures.ts'
import type { Figures, Scenario } from './scenario.ts'
import type { SimulationWord } from './simulation-words.ts'

/**
 * In MiB. A third of the processor time went into collecting garbage: most of what thousands of nodes hold stays, and is copied in
 * vain. 10,000 come to hold some 9 GiB.
 */
function memory({ workers }: Scenario): string[] {
  return [
    '--max-old-space-size=15500',
    `--initial-old-space-size=${Math.max(500, Math.round(0.9 * workers))}`,
    '--min-semi-space-size=128',
    '--max-semi-space-size=128',
    '--stack-trace-limit=0',
    // Else V8 goes through its heap after every 64 MiB of bytes, which lie outside of it.
    '--external-memory-accounted-in-global-limit',
  ]
}
const program = fileURLToPath(new URL('./simulation-child.ts', import.meta.url))
const sharedSlices = new URL('./shared-slices.ts', import.meta.url).href

type Options = Pick<BenchmarkOptions, 'progress' | 'signal'>

/** Simulates a network, unless it did before: the same scenario comes out the same each time. */
export async function simulate(scenario: Scenario, options: Options): Promise<Figures> {
  const known = await KnownFigures.of(scenario)
  const before = await known.read()
  if (before !== undefined) return before
  const figures = await simulateAnew(scenario, options)
  await known.keep(figures)
  return figures
}

/** In a process of its own. */
async function simulateAnew(scenario: Scenario, { progress, signal }: Options): Promise<Figures> {
  const child = fork(program, [JSON.stringify(scenario)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    execArgv: [`--import=${sharedSlices}`, ...memory(scenario)],
  })
  const stop = () => child.kill()
  signal.addEventListener('abort', stop, { once: true })
  child.on('message', (word: SimulationWord) => {
    if (word.kind === 'progress') progress(word.line)
  })
  try {
    return (await nextWord<SimulationWord, 'figures'>(child, 'figures')).figures
  } finally {
    signal.removeEventListener('abort', stop)
    await end(child)
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill()
  await exited
}
