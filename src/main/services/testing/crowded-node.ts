import { openSync } from 'node:fs'
import { pino } from 'pino'
import { createForkLauncher } from '../fork-launcher.ts'
import { testEntries } from './test-host.ts'

/**
 * A program for tests: a node that has opened as many files as it may when it launches an engine. It prints how the engine
 * ends.
 */
const launch = createForkLauncher({ entries: testEntries, log: pino({ level: 'silent' }) })
openAll()
const engine = launch('obedient-engine')
engine.onErrorLine(() => undefined)
engine.onExit(exit => console.log(JSON.stringify(exit)))

function openAll(): void {
  try {
    for (;;) openSync('/dev/null', 'r')
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EMFILE')) throw error
  }
}
