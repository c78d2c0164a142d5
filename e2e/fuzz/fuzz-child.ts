import { MiB } from '../../src/shared/units.ts'
import { fuzz } from './fuzz.ts'
import type { FuzzOrder, FuzzWord } from './fuzz-words.ts'
import { endTargets, makeTargets } from './targets/index.ts'

/** Fuzzes one target after the other, as it is told over its channel; ends with it. */
const targets = await makeTargets()
const stray: string[] = []
const say = (word: FuzzWord) => process.send?.(word)

// What is thrown where nobody waits for it would end a node: it counts against the target that runs.
process.on('uncaughtException', error => stray.push(error.stack ?? error.message))
process.on('unhandledRejection', error =>
  stray.push(error instanceof Error ? (error.stack ?? error.message) : String(error)),
)

process.on('message', async ({ target: name, ...init }: FuzzOrder) => {
  const target = targets.find(each => each.name === name)
  if (target === undefined) throw new Error(`there is no target ${name}`)
  const result = await fuzz(target, { ...init, onProgress: inputs => say({ kind: 'progress', inputs }) })
  for (const error of stray.splice(0)) result.failures.push({ error: `uncaught: ${error}`, input: '', seed: init.seed })
  say({ kind: 'done', result, rssMiB: process.memoryUsage.rss() / MiB })
})
process.on('disconnect', async () => {
  await endTargets(targets)
  process.exit()
})
say({ kind: 'ready', targets: targets.map(({ name }) => name) })
