import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TurnedClock } from '../clock.ts'
import { race, staggerMs } from './race.ts'

const never = new AbortController().signal
const settled = async () => {
  for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate)
}

interface Script {
  takesMs: number
  succeeds: boolean
}

/** Attempts that end as they are told to, on a clock that is turned. */
function scripted(clock: TurnedClock, scripts: readonly Script[]) {
  const startedAt: number[] = []
  const stopped = new Set<number>()
  const discarded: number[] = []
  const running = race([...scripts.keys()], {
    attempt: (index, signal) => {
      startedAt[index] = clock.now()
      signal.addEventListener('abort', () => stopped.add(index))
      const { takesMs, succeeds } = scripts[index] ?? { takesMs: 0, succeeds: false }
      return new Promise<number>((resolve, reject) => {
        const end = () => (succeeds ? resolve(index) : reject(new Error(`no ${index}`)))
        if (takesMs === 0) end()
        else clock.after(takesMs, end)
      })
    },
    discard: index => discarded.push(index),
    clock,
    signal: never,
  })
  running.catch(() => undefined)
  return { running, startedAt, stopped, discarded }
}

async function turn(clock: TurnedClock, byMs: number, stepMs = 50): Promise<void> {
  for (let passed = 0; passed < byMs; passed += stepMs) {
    await settled()
    clock.turn(stepMs)
  }
  await settled()
}

describe('a race of ways to a peer', () => {
  it('gives the first a head start, and stops it when the second is quicker', async () => {
    const clock = new TurnedClock(0)
    const { running, startedAt, stopped } = scripted(clock, [
      { takesMs: 1_000, succeeds: true },
      { takesMs: 100, succeeds: true },
      { takesMs: 0, succeeds: true },
    ])
    await turn(clock, 400)
    expect((await running).entry).toBe(1)
    expect(startedAt).toEqual([0, staggerMs])
    expect(stopped).toEqual(new Set([0, 1]))
  })

  it('tries the next at once where one fails', async () => {
    const clock = new TurnedClock(0)
    const { running, startedAt } = scripted(clock, [
      { takesMs: 0, succeeds: false },
      { takesMs: 50, succeeds: false },
      { takesMs: 50, succeeds: true },
    ])
    await turn(clock, 200)
    expect((await running).entry).toBe(2)
    expect(startedAt).toEqual([0, 0, 50])
  })

  it('hands over what a loser makes after the end', async () => {
    const clock = new TurnedClock(0)
    const { running, discarded } = scripted(clock, [
      { takesMs: 300, succeeds: true },
      { takesMs: 0, succeeds: true },
    ])
    await turn(clock, 400)
    expect((await running).entry).toBe(1)
    expect(discarded).toEqual([0])
  })

  it('says what each failed with, also where there is none', async () => {
    const clock = new TurnedClock(0)
    const { running } = scripted(clock, [{ takesMs: 0, succeeds: false }])
    await turn(clock, 50)
    await expect(running).rejects.toMatchObject({ errors: [new Error('no 0')] })
    await expect(scripted(clock, []).running).rejects.toMatchObject({ errors: [] })
  })

  it('ends with the reason of its signal, and stops what is under way', async () => {
    const controller = new AbortController()
    let stopped = false
    const running = race(['a'], {
      attempt: (_, signal) => {
        signal.addEventListener('abort', () => {
          stopped = true
        })
        return new Promise(() => undefined)
      },
      discard: () => undefined,
      clock: new TurnedClock(),
      signal: controller.signal,
    })
    await settled()
    controller.abort(new Error('no longer wanted'))
    await expect(running).rejects.toThrow('no longer wanted')
    expect(stopped).toBe(true)
  })

  it('finds a way whenever there is one, never starts two within the head start without a failure, and leaves none running', async () => {
    const script = fc.record({ takesMs: fc.integer({ min: 0, max: 16 }).map(n => n * 50), succeeds: fc.boolean() })
    await fc.assert(
      fc.asyncProperty(fc.array(script, { minLength: 1, maxLength: 6 }), async scripts => {
        const clock = new TurnedClock(0)
        const { running, startedAt, stopped, discarded } = scripted(clock, scripts)
        await turn(clock, 6 * 800 + 6 * staggerMs)
        const outcome = await running.then(
          ({ entry }) => entry,
          () => undefined,
        )
        const ends = scripts.map(({ takesMs }, index) => (startedAt[index] ?? Number.POSITIVE_INFINITY) + takesMs)
        if (!scripts.some(({ succeeds }) => succeeds)) expect(outcome).toBeUndefined()
        else {
          // The first of those started to succeed.
          const first = Math.min(...ends.filter((_, index) => scripts[index]?.succeeds))
          expect(ends[outcome ?? -1]).toBe(first)
        }
        for (const [index, at] of startedAt.entries()) {
          const before = startedAt[index - 1]
          if (before === undefined) continue
          const failedBefore = scripts.some(
            ({ succeeds }, other) => other < index && !succeeds && (ends[other] ?? 0) === at,
          )
          expect(at - before >= staggerMs || failedBefore).toBe(true)
        }
        const finished = new Set([...discarded, outcome])
        for (const index of startedAt.keys())
          expect(finished.has(index) || stopped.has(index) || scripts[index]?.succeeds === false).toBe(true)
      }),
      { numRuns: 40 },
    )
  })
})
