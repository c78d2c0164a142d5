import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { hour, KiB, MiB, minute, second } from '../shared/units.ts'
import { TurnedClock } from './clock.ts'
import { type HeapMode, HeapSize, isBusy, type Work } from './heap-size.ts'

function madeUpNode({ youngBytes = 16 * MiB, inVain = 0 } = {}) {
  let left = inVain
  const clock = new TurnedClock()
  const work: Work = { requests: 0, bytes: 0 }
  const said: string[] = []
  const heap = {
    youngBytes,
    setMode(mode: HeapMode) {
      said.push(mode)
    },
    collect({ thoroughly }: { thoroughly: boolean }) {
      said.push(thoroughly ? 'give back' : 'collect')
      if (thoroughly && left-- <= 0) heap.youngBytes = MiB
    },
  }
  const rest = new HeapSize({ clock, work: () => ({ ...work }), heap })
  rest.start()
  const turn = (seconds: number, requestsPerSecond = 0) => {
    for (let passed = 0; passed < seconds; passed++) {
      work.requests += requestsPerSecond
      clock.turn(second)
    }
  }
  return { rest, said, turn, heap, clock }
}

/** What is said of any that has started. */
const started = ['growing', 'collect']

describe('the heap of a node', () => {
  it('is rid of what the start left behind once it has begun', () => {
    const { said, turn } = madeUpNode()
    expect(said).toEqual(['growing'])
    turn(9)
    expect(said).toEqual(started.slice(0, 1))
    turn(40)
    expect(said).toEqual(started)
  })

  it('is made small once nothing was asked for a minute, again after growing pauses, and anew in each rest', () => {
    const { said, turn } = madeUpNode()
    turn(58)
    expect(said).toEqual(started)
    turn(2)
    expect(said).toEqual([...started, 'resting', 'give back'])
    turn(178)
    expect(said).toHaveLength(4)
    turn(4)
    expect(said).toHaveLength(5)
    turn(24 * 3600)
    // Then after 9 and 27 minutes, and each hour.
    expect(said.length - 5).toBe(2 + 23)
    const before = said.length
    turn(2, 20)
    turn(70)
    expect(said.slice(before)).toEqual(['growing', 'resting', 'give back'])
  })

  it('is made small in the next rest although the clock was set back since the last', () => {
    const { said, turn, clock, heap } = madeUpNode()
    turn(62)
    clock.set(-3 * hour)
    turn(10, 20)
    heap.youngBytes = 16 * MiB
    const before = said.length
    turn(70)
    expect(said.slice(before)).toEqual(['resting', 'give back'])
  })

  it('is left alone while requests come', () => {
    const { said, turn } = madeUpNode()
    turn(300, 20)
    expect(said).toEqual(started)
  })

  it('is collected once more a minute later where V8 did not make it small', () => {
    const { said, turn } = madeUpNode({ inVain: 1 })
    turn(118)
    expect(said).toEqual([...started, 'resting', 'give back'])
    turn(100)
    expect(said.slice(4)).toEqual(['give back'])
  })

  it('grows with a lot to do up to 32 MiB, and is left as large as that', () => {
    const { said, turn, heap } = madeUpNode()
    turn(10, 20)
    heap.youngBytes = 32 * MiB
    turn(600, 20)
    expect(said).toEqual([...started, 'working'])
    turn(62)
    turn(2, 20)
    expect(said.slice(3)).toEqual(['resting', 'give back', 'growing'])
  })

  it('is as V8 has it once its node has stopped', () => {
    const { rest, said, turn } = madeUpNode()
    turn(60)
    rest.stop()
    expect(said.at(-1)).toBe('free')
    turn(600)
    expect(said.at(-1)).toBe('free')
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
import { v8Heap } from ${JSON.stringify(new URL('./heap-size.ts', import.meta.url))}
function litter() {
  const kept = []
  for (let index = 0; index < 100_000; index++) {
    kept.push([{ index }, { index }])
    if (kept.length > 20_000) kept.length = 0
  }
}
/** A collection may take some pages more than the size for a moment, so the middle of several is told. */
const sizes = []
for (const mode of ['resting', 'working', 'growing']) {
  v8Heap.setMode(mode)
  const read = []
  for (let times = 0; times < 9; times++) {
    litter()
    read.push(v8Heap.youngBytes)
  }
  sizes.push(read.toSorted((one, other) => one - other)[4])
}
v8Heap.collect({ thoroughly: true })
/** Garbage that was used for long enough to be old; the most that there is of it and of what is used. */
function age() {
  let most = 0
  const used = []
  for (let index = 0; index < 40_000; index++) {
    used[index % 8_000] = new Array(500).fill(index)
    if (index % 100 === 0) most = Math.max(most, process.memoryUsage().heapUsed)
  }
  return most
}
const most = []
for (const mode of ['working', 'free']) {
  v8Heap.setMode(mode)
  v8Heap.collect({ thoroughly: false })
  most.push(age())
}
console.log(JSON.stringify({ sizes, most }))
`

it('bounds the young generation of a real process and its old garbage, or lets them grow', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module-typescript', '--eval', program])
  const { sizes, most } = JSON.parse(stdout) as { sizes: number[]; most: number[] }
  const [resting = 0, working = 0, grown = 0] = sizes
  expect([resting, working].map(bytes => bytes < 8 * MiB)).toEqual([true, true])
  expect(grown).toBeGreaterThan(16 * MiB)
  const [bounded = 0, free = 0] = most
  expect(bounded).toBeLessThan(free * 0.8)
})
