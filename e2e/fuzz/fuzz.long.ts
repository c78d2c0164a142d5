import { availableParallelism } from 'node:os'
import { env } from 'node:process'
import { expect, it } from 'vitest'
import { hour, minute, second } from '../../src/shared/units.ts'
import { report } from '../support/long-report.ts'
import { type FuzzResult, slowMs } from './fuzz.ts'
import { FuzzProcess } from './fuzz-process.ts'

const wanted = Number(env.FUZZ_INPUTS ?? 1_000_000)
const seed = Number(env.FUZZ_SEED ?? Date.now() % 1_000_000_000)
/** Ends then, however many there were. */
const mostMs = Number(env.FUZZ_MINUTES ?? 60) * minute
/** Each target in turn for so long: what is quick gets the more inputs. */
const turnMs = 4 * second
const inputsInTurn = 20_000
const reportEveryMs = 15 * second
/** Of a process with all targets in it, word lists included: some 400 MiB when it starts. */
const mostMiB = 1_024

it(
  `takes or refuses ${wanted} inputs, none uncaught and none slow`,
  async () => {
    const totals = new Map<string, FuzzResult>()
    const startedAt = performance.now()
    let inputs = 0
    let reportedAt = startedAt
    let rssMiB = 0
    const queue: { target: string; round: number }[] = []
    let round = 0

    const work = async () => {
      let process = await FuzzProcess.start()
      while (inputs < wanted && performance.now() - startedAt < mostMs) {
        if (queue.length === 0) {
          const next = round++
          queue.push(...process.targets.map(target => ({ target, round: next })))
        }
        const turn = queue.shift()
        if (turn === undefined) break
        const order = { target: turn.target, seed: seed + turn.round * 1_000_003, inputs: inputsInTurn, forMs: turnMs }
        const result = await process.run(order)
        inputs += result.inputs
        rssMiB = Math.max(rssMiB, result.rssMiB)
        add(totals, result)
        if (performance.now() - reportedAt > reportEveryMs) {
          reportedAt = performance.now()
          console.log(
            `fuzz, seed ${seed}: ${inputs} of ${wanted} inputs, round ${round}, ${failuresOf(totals)} failures`,
          )
        }
        if (process.ended) process = await FuzzProcess.start()
      }
      await process.stop()
    }
    await Promise.all(Array.from({ length: availableParallelism() }, work))

    const all = [...totals.values()]
    const slowest = all.toSorted((a, b) => b.slowest.ms - a.slowest.ms)[0]
    report({
      title: 'Fuzz',
      ranWith: { command: 'npm run test:long -- e2e/fuzz', seed },
      figures: {
        inputs,
        parsers: totals.size,
        'fewest inputs of one parser': Math.min(...all.map(each => each.inputs)),
        uncaught: failuresOf(totals),
        [`over ${slowMs} ms`]: all.filter(({ slowest: { ms } }) => ms > slowMs).length,
        'slowest input': `${slowest?.slowest.ms.toFixed(1)} ms (${slowest?.target})`,
        'most memory of a process': `${rssMiB.toFixed(0)} MiB`,
        took: `${((performance.now() - startedAt) / second).toFixed(0)} s`,
      },
      ...(inputs < wanted ? { notes: [`Ended after ${mostMs / minute} minutes, before all ${wanted} inputs.`] } : {}),
    })
    expect(all.flatMap(({ target, failures }) => failures.map(failure => ({ target, ...failure })))).toEqual([])
    expect(all.filter(({ slowest: { ms } }) => ms > slowMs)).toEqual([])
    expect(rssMiB).toBeLessThan(mostMiB)
  },
  2 * hour,
)

function add(totals: Map<string, FuzzResult>, result: FuzzResult): void {
  const before = totals.get(result.target)
  totals.set(result.target, {
    target: result.target,
    inputs: (before?.inputs ?? 0) + result.inputs,
    outcomes: {},
    failures: [...(before?.failures ?? []), ...result.failures],
    slowest: result.slowest.ms > (before?.slowest.ms ?? 0) ? result.slowest : (before?.slowest ?? result.slowest),
  })
}

function failuresOf(totals: Map<string, FuzzResult>): number {
  return [...totals.values()].reduce((sum, { failures }) => sum + failures.length, 0)
}
