import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { minute } from '../../shared/units.ts'
import { entryBytes, OutcomeBook } from './outcome-book.ts'

const keptMs = 2 * minute
const once = { mayRepeat: false }
const repeatable = { mayRepeat: true }

function bookOf(maxBytes: number) {
  return new OutcomeBook<string>({ keptMs, maxBytes })
}

describe('what is known of requests that ran', () => {
  it('holds an outcome for two minutes from its end, and not a moment longer', () => {
    const book = bookOf(1_000_000)
    book.begin('a', 'A', once)
    expect(book.at('a', 0)).toEqual({ state: 'running', value: 'A' })
    book.keep('a', 1_000)
    expect(book.at('a', 1_000 + keptMs - 1)).toEqual({ state: 'kept', value: 'A' })
    expect(book.expire(1_000)).toBe(1_000 + keptMs)
    expect(book.at('a', 1_000 + keptMs)).toBeUndefined()
    expect(book.bytes).toBe(0)
  })

  it('lets the oldest outcome go first, and remembers that it ran only where it must not run twice', () => {
    const book = bookOf(3 * entryBytes + 100)
    for (const [key, may] of [['a', once] as const, ['b', repeatable] as const, ['c', once] as const]) {
      book.begin(key, key.toUpperCase(), may)
      book.grow(key, 30)
      book.keep(key, 0)
    }
    book.begin('d', 'D', once)
    expect(book.at('a', 0)).toEqual({ state: 'dropped', value: 'A' })
    expect(book.at('b', 0)).toBeUndefined()
    expect(book.at('c', 0)).toEqual({ state: 'kept', value: 'C' })
  })

  it('no longer holds a running answer that has grown too long, and does not keep it in the end', () => {
    const book = bookOf(entryBytes + 100)
    book.begin('a', 'A', repeatable)
    expect(book.grow('a', 100)).toEqual([])
    expect(book.grow('a', 1)).toEqual(['A'])
    expect(book.grow('a', 1_000_000)).toEqual([])
    expect(book.at('a', 0)).toEqual({ state: 'running', value: 'A' })
    book.keep('a', 0)
    expect(book.at('a', 0)).toBeUndefined()
  })

  it('keeps to its bounds and its word, whatever happens in whatever order', () => {
    const key = fc.constantFrom('a', 'b', 'c', 'd', 'e')
    const step = fc.oneof(
      fc.record({ kind: fc.constant('begin' as const), key, mayRepeat: fc.boolean() }),
      fc.record({ kind: fc.constant('grow' as const), key, bytes: fc.integer({ min: 0, max: 4_000 }) }),
      fc.record({ kind: fc.constantFrom('keep' as const, 'drop' as const, 'forget' as const), key }),
      fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: keptMs }) }),
    )
    const maxBytes = 4 * entryBytes + 3_000
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), steps => {
        const book = bookOf(maxBytes)
        let now = 0
        let begun = 0
        const ended = new Map<string, { at: number; mayRepeat: boolean }>()
        const running = new Map<string, { mayRepeat: boolean; dropped: boolean; value: string }>()
        const note = (values: string[]) => {
          for (const run of running.values()) if (values.includes(run.value)) run.dropped = true
        }
        for (const each of steps) {
          if (each.kind === 'wait') now += each.ms
          else if (each.kind === 'begin') {
            if (book.at(each.key, now) !== undefined || running.size >= 4) continue
            const value = String(begun++)
            running.set(each.key, { mayRepeat: each.mayRepeat, dropped: false, value })
            ended.delete(each.key)
            note(book.begin(each.key, value, each))
          } else if (each.kind === 'grow') note(book.grow(each.key, each.bytes))
          else {
            book[each.kind](each.key, now)
            const run = running.get(each.key)
            running.delete(each.key)
            if (each.kind === 'forget') ended.delete(each.key)
            else if (run !== undefined) ended.set(each.key, { at: now, mayRepeat: run.mayRepeat })
            if (run?.dropped) expect(book.at(each.key, now)?.state).not.toBe('kept')
          }
          expect(book.bytes).toBeLessThanOrEqual(maxBytes)
          expect(book.bytes).toBeGreaterThanOrEqual(book.size * entryBytes)
          for (const [name, run] of running) expect(book.at(name, now)).toEqual({ state: 'running', value: run.value })
          for (const [name, { at, mayRepeat }] of ended) {
            const found = book.at(name, now)
            if (now >= at + keptMs) expect(found).toBeUndefined()
            if (found?.state === 'dropped') expect(mayRepeat).toBe(false)
          }
        }
        now += 2 * keptMs
        for (const name of running.keys()) book.drop(name, now)
        now += keptMs
        for (const name of ['a', 'b', 'c', 'd', 'e']) expect(book.at(name, now)).toBeUndefined()
        expect([book.size, book.bytes]).toEqual([0, 0])
      }),
    )
  })
})
