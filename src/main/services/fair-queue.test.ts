import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FairQueue, type Waiting } from './fair-queue.ts'

interface Entry extends Waiting {
  name: string
}

const entry = (requester: string, name = requester, ready = true): Entry => ({ requester, name, ready })

function drained(queue: FairQueue<Entry>): string[] {
  const names: string[] = []
  for (let next = queue.next(); next; next = queue.next()) names.push(next.name)
  return names
}

describe('FairQueue', () => {
  it('gives requesters turns and keeps the order of each', () => {
    const queue = new FairQueue<Entry>(10)
    for (const name of ['a1', 'a2', 'a3', 'b1', 'c1', 'b2']) queue.add(entry(name.charAt(0), name))
    expect(drained(queue)).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3'])
  })

  it('lets ready entries pass those that are not, which keep their place', () => {
    const queue = new FairQueue<Entry>(10)
    const slow = { ...entry('a', 'slow', false), ready: false as boolean }
    queue.add(slow)
    queue.add(entry('a', 'quick'))
    expect(queue.next()?.name).toBe('quick')
    expect(queue.next()).toBeUndefined()
    expect(queue.size).toBe(1)
    slow.ready = true
    expect(queue.next()?.name).toBe('slow')
  })

  it('refuses a requester that alone has filled it', () => {
    const queue = new FairQueue<Entry>(2)
    queue.add(entry('a'))
    queue.add(entry('a'))
    expect(queue.add(entry('a'))).toEqual({ kind: 'full' })
    expect(queue.size).toBe(2)
  })

  it('makes room for a newcomer at the cost of the newest entry of the longest lane', () => {
    const queue = new FairQueue<Entry>(3)
    for (const name of ['a1', 'a2', 'a3']) queue.add(entry('a', name))
    expect(queue.add(entry('b'))).toMatchObject({ kind: 'admitted', evicted: { name: 'a3' } })
    expect(queue.add(entry('c'))).toMatchObject({ kind: 'admitted', evicted: { name: 'a2' } })
    expect(queue.add(entry('d'))).toEqual({ kind: 'full' })
    expect(drained(queue)).toEqual(['a1', 'b', 'c'])
  })

  it('forgets an entry that no longer waits', () => {
    const queue = new FairQueue<Entry>(3)
    const gone = entry('a')
    queue.add(gone)
    expect(queue.remove(gone)).toBe(true)
    expect(queue.remove(gone)).toBe(false)
    expect(queue.next()).toBeUndefined()
  })

  const requester = fc.constantFrom('a', 'b', 'c', 'd')
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.record({ add: requester }) },
    { weight: 1, arbitrary: fc.constant('next' as const) },
  )

  it('never holds more than its bound, loses nothing and invents nothing', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.array(step, { maxLength: 60 }), (bound, steps) => {
        const queue = new FairQueue<Entry>(bound)
        const waiting = new Set<Entry>()
        steps.forEach((each, index) => {
          if (each === 'next') {
            const next = queue.next()
            expect(next !== undefined).toBe(waiting.size > 0)
            if (next) expect(waiting.delete(next)).toBe(true)
          } else {
            const added = entry(each.add, `${each.add}${index}`)
            const admission = queue.add(added)
            if (admission.kind === 'admitted') waiting.add(added)
            else expect(waiting.size).toBe(bound)
            if (admission.kind === 'admitted' && admission.evicted) expect(waiting.delete(admission.evicted)).toBe(true)
          }
          expect(queue.size).toBe(waiting.size)
          expect(queue.size).toBeLessThanOrEqual(bound)
        })
        expect(drained(queue)).toHaveLength(waiting.size)
      }),
    )
  })

  it('makes nobody wait for more than one turn of each other requester', () => {
    fc.assert(
      fc.property(fc.array(requester, { minLength: 1, maxLength: 40 }), requesters => {
        const queue = new FairQueue<Entry>(100)
        for (const [index, each] of requesters.entries()) queue.add(entry(each, `${each}${index}`))
        const served = drained(queue).map(name => name.charAt(0))
        for (const one of new Set(requesters)) {
          const turns = served.flatMap((name, index) => (name === one ? [index] : []))
          for (const [position, turn] of turns.entries()) {
            const since = served.slice(position === 0 ? 0 : (turns[position - 1] ?? 0) + 1, turn)
            expect(new Set(since).size).toBe(since.length)
          }
        }
      }),
    )
  })

  it('refuses a requester only when its share is as large as any other’s', () => {
    fc.assert(
      fc.property(fc.array(requester, { maxLength: 60 }), requesters => {
        const queue = new FairQueue<Entry>(6)
        const held = new Map<string, number>()
        const count = (name: string, by: number) => held.set(name, (held.get(name) ?? 0) + by)
        for (const each of requesters) {
          const admission = queue.add(entry(each))
          if (admission.kind === 'full')
            expect((held.get(each) ?? 0) + 1).toBeGreaterThanOrEqual(Math.max(...held.values()))
          else count(each, 1)
          if (admission.kind === 'admitted' && admission.evicted) count(admission.evicted.requester, -1)
        }
      }),
    )
  })
})
