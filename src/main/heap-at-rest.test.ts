import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { KiB, MiB, minute, second } from '../shared/units.ts'
import { TurnedClock } from './clock.ts'
import { HeapAtRest, isBusy, type Work } from './heap-at-rest.ts'

function madeUpNode({ youngBytes = 64 * MiB, inVain = 0 } = {}) {
  let left = inVain
  const clock = new TurnedClock()
  const work: Work = { requests: 0, bytes: 0 }
  const said: string[] = []
  const heap = {
    youngBytes,
    setGrowing(growing: boolean) {
      said.push(growing ? 'grow' : 'keep')
    },
    collect() {
      said.push('collect')
      if (left-- <= 0) heap.youngBytes = MiB
    },
  }
  const rest = new HeapAtRest({ clock, work: () => ({ ...work }), heap })
  rest.start()
  const turn = (seconds: number, requestsPerSecond = 0) => {
    for (let passed = 0; passed < seconds; passed++) {
      work.requests += requestsPerSecond
      clock.turn(second)
    }
  }
  return { rest, said, turn }
}

describe('the heap of a node', () => {
  it('is made small once nothing was asked for a minute', () => {
    const { said, turn } = madeUpNode()
    turn(58)
    expect(said).toEqual([])
    turn(2)
    expect(said).toEqual(['keep', 'collect'])
    turn(600)
    expect(said).toHaveLength(2)
  })

  it('is left alone while requests come, and grows again with the first of many', () => {
    const { said, turn } = madeUpNode()
    turn(300, 20)
    expect(said).toEqual([])
    turn(62)
    turn(2, 20)
    expect(said).toEqual(['keep', 'collect', 'grow'])
  })

  it('is rid of what the start left behind, once in each rest', () => {
    const { said, turn } = madeUpNode({ youngBytes: 2 * MiB })
    turn(600)
    expect(said).toEqual(['keep', 'collect'])
    turn(2, 20)
    turn(600)
    expect(said).toEqual(['keep', 'collect', 'grow', 'keep', 'collect'])
  })

  it('is collected once more a minute later where V8 did not make it small', () => {
    const { said, turn } = madeUpNode({ inVain: 1 })
    turn(118)
    expect(said).toEqual(['keep', 'collect'])
    turn(300)
    expect(said).toEqual(['keep', 'collect', 'collect'])
  })

  it('grows freely once its node has stopped', () => {
    const { rest, said, turn } = madeUpNode()
    turn(60)
    rest.stop()
    expect(said.at(-1)).toBe('grow')
  })
})

it('counts a node that carries documents as busy, and one that says it is there as idle', () => {
  const before = { requests: 10, bytes: 0 }
  expect(isBusy(before, { requests: 10, bytes: 2 * MiB }, 2 * second)).toBe(true)
  expect(isBusy(before, { requests: 12, bytes: 20 * KiB }, 2 * second)).toBe(false)
  expect(isBusy(before, { requests: 30, bytes: 0 }, 2 * second)).toBe(true)
  expect(isBusy(before, { requests: 30, bytes: 0 }, minute)).toBe(false)
})

/** In a process of its own, whose young generation is as small as it begins. */
const program = `
import { v8Heap } from ${JSON.stringify(new URL('./heap-at-rest.ts', import.meta.url))}
function litter() {
  const kept = []
  for (let index = 0; index < 500_000; index++) {
    kept.push([{ index }, { index }])
    if (kept.length > 20_000) kept.length = 0
  }
}
const sizes = []
for (const growing of [false, true]) {
  v8Heap.setGrowing(growing)
  litter()
  sizes.push(v8Heap.youngBytes)
}
v8Heap.collect()
console.log(JSON.stringify(sizes))
`

it('keeps the young generation of a real process as it is, or lets it grow', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module-typescript', '--eval', program])
  const [kept = 0, grown = 0] = JSON.parse(stdout) as number[]
  expect(kept).toBeLessThanOrEqual(4 * MiB)
  expect(grown).toBeGreaterThan(4 * MiB)
})
