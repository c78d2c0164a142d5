import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { TurnedClock } from '../clock.ts'
import { createLog, LogBuffer } from '../log.ts'
import { Sequence, type SequenceStore } from './sequence.ts'
import { SequenceFile } from './sequence-file.ts'

const start = 1_700_000_000_000

/** A store in memory that notes what was saved, and fails when told to. */
class NotedStore implements SequenceStore {
  saved: number[] = []
  failing = false

  constructor(reserved = 0) {
    if (reserved > 0) this.saved.push(reserved)
  }

  load(): Promise<number> {
    return this.failing ? Promise.reject(new Error('EIO')) : Promise.resolve(this.saved.at(-1) ?? 0)
  }

  save(reserved: number): Promise<void> {
    if (this.failing) return Promise.reject(new Error('ENOSPC'))
    this.saved.push(reserved)
    return Promise.resolve()
  }
}

let clock: TurnedClock
let lines: string[]

beforeEach(() => {
  clock = new TurnedClock(start)
  lines = []
})

function sequence(store: SequenceStore): Sequence {
  const log = createLog({ level: 'info', buffer: new LogBuffer(), destinations: [{ write: line => lines.push(line) }] })
  return new Sequence({ store, clock, log })
}

describe('a sequence', () => {
  it('gives the time, or the next number where that was used', async () => {
    const numbers = sequence(new NotedStore())
    expect(await numbers.next()).toBe(start)
    expect(await numbers.next()).toBe(start + 1)
    clock.turn(1_000)
    expect(await numbers.next()).toBe(start + 1_000)
    clock.turn(-500)
    expect(await numbers.next()).toBe(start + 1_001)
  })

  it('reserves 100 numbers before it uses the first', async () => {
    const store = new NotedStore()
    const numbers = sequence(store)
    const given = []
    for (let count = 0; count < 101; count++) {
      const seq = await numbers.next()
      given.push(seq)
      expect(store.saved.at(-1)).toBeGreaterThanOrEqual(seq)
    }
    expect(store.saved).toEqual([start + 99, start + 199])
    expect(new Set(given).size).toBe(101)
  })

  it('answers calls at the same time in their order', async () => {
    const numbers = sequence(new NotedStore())
    const given = await Promise.all(Array.from({ length: 250 }, () => numbers.next()))
    expect(given).toEqual(Array.from({ length: 250 }, (_, index) => start + index))
  })

  it('continues above what an earlier run reserved, though the clock went back', async () => {
    const numbers = sequence(new NotedStore(start + 10_000))
    expect(await numbers.next()).toBe(start + 10_001)
  })

  it('jumps past a number somebody else holds', async () => {
    const numbers = sequence(new NotedStore())
    await numbers.next()
    numbers.jumpPast(start + 5_000)
    numbers.jumpPast(start + 2)
    expect(await numbers.next()).toBe(start + 5_001)
  })

  it('grows with every number, whatever clock, disk and jumps do, and never repeats one after a restart', async () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('next' as const) }),
      fc.record({ kind: fc.constant('turn' as const), byMs: fc.integer({ min: -100_000, max: 100_000 }) }),
      fc.record({ kind: fc.constant('jump' as const), by: fc.nat(1_000) }),
      fc.record({ kind: fc.constant('restart' as const) }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async steps => {
        const store = new NotedStore()
        clock = new TurnedClock(start)
        let numbers = sequence(store)
        let last = 0
        for (const action of steps) {
          if (action.kind === 'turn') clock.turn(action.byMs)
          else if (action.kind === 'jump') numbers.jumpPast(last + action.by)
          else if (action.kind === 'restart') numbers = sequence(store)
          else {
            const seq = await numbers.next()
            expect(seq).toBeGreaterThan(last)
            last = seq
          }
        }
      }),
    )
  })

  it('goes by time alone while its disk fails, says so once, and saves again later', async () => {
    const store = new NotedStore()
    store.failing = true
    const numbers = sequence(store)
    expect(await numbers.next()).toBe(start)
    expect(await numbers.next()).toBe(start + 1)
    expect(lines).toHaveLength(1)
    store.failing = false
    expect(await numbers.next()).toBe(start + 2)
    expect(store.saved).toEqual([start + 101])
    store.failing = true
    clock.turn(1_000)
    await numbers.next()
    expect(lines).toHaveLength(2)
  })

  it('ends with an error rather than a number that JSON or CBOR would round', async () => {
    const numbers = sequence(new NotedStore())
    numbers.jumpPast(Number.MAX_SAFE_INTEGER - 1)
    expect(await numbers.next()).toBe(Number.MAX_SAFE_INTEGER)
    await expect(numbers.next()).rejects.toMatchObject({ code: 'INTERNAL' })
    await expect(numbers.next()).rejects.toMatchObject({ code: 'INTERNAL' })
  })
})

describe('a sequence file', () => {
  let folder: string
  let path: string

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rma-sequence-'))
    path = join(folder, 'sequence')
  })

  afterEach(() => rm(folder, { recursive: true, force: true }))

  it('is read back, and starts at 0', async () => {
    const file = new SequenceFile(path)
    expect(await file.load()).toBe(0)
    await file.save(start)
    expect(await new SequenceFile(path).load()).toBe(start)
    expect(await readdir(folder)).toEqual(['sequence'])
  })

  it.each(['-1\n', 'nonsense', '1e99', '12 13', '9007199254740992\n', '0x10'])(
    'that holds %j is not believed',
    async text => {
      await writeFile(path, text)
      await expect(new SequenceFile(path).load()).rejects.toThrow('expected a sequence number')
      const numbers = sequence(new SequenceFile(path))
      expect(await numbers.next()).toBe(start)
      expect(lines).toHaveLength(1)
      expect(await readFile(path, 'utf8')).toBe(`${start + 99}\n`)
    },
  )

  it('that cannot be read is an error', async () => {
    await expect(new SequenceFile(folder).load()).rejects.toThrow('EISDIR')
  })

  it('never lets a number be used twice, though its process is killed at any moment, with the clock standing still', async () => {
    const used: number[] = []
    for (let kill = 0; kill < 25; kill++) {
      const child = fork(new URL('./test-sequence-child.ts', import.meta.url), [path, String(start)], {
        execArgv: [],
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      })
      const gone = once(child, 'exit')
      child.on('message', seq => used.push(Number(seq)))
      await once(child, 'message')
      // Some die at their first number, some while they reserve a later block.
      const wanted = used.length + kill * 37
      while (used.length < wanted) await once(child, 'message')
      child.kill('SIGKILL')
      await gone
    }
    expect(used.length).toBeGreaterThan(25)
    expect(new Set(used).size).toBe(used.length)
    expect(used).toEqual(used.toSorted((a, b) => a - b))
  })
})
