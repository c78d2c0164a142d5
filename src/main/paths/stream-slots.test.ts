import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { StreamSlots } from './stream-slots.ts'

const never = new AbortController().signal

/** Asks for a slot and notes when it comes. */
function asker(slots: StreamSlots) {
  const order: string[] = []
  const held: (() => void)[] = []
  const ask = (name: string, signal = never) =>
    slots.take(name, signal).then(release => {
      order.push(name)
      held.push(release)
    })
  return { order, held, ask }
}

const settled = () => new Promise(setImmediate)

describe('slots for requests to one peer', () => {
  it('lets those who wait take turns by whom they are for', async () => {
    const { order, held, ask } = asker(new StreamSlots({ slots: 1, bound: 100 }))
    for (const name of ['greedy', 'greedy', 'greedy', 'greedy', 'modest']) void ask(name)
    await settled()
    while (held.length > 0) {
      held.shift()?.()
      await settled()
    }
    expect(order).toEqual(['greedy', 'greedy', 'modest', 'greedy', 'greedy'])
  })

  it('says busy when too many wait, and forgets who gave up', async () => {
    const slots = new StreamSlots({ slots: 1, bound: 1 })
    const { held, ask } = asker(slots)
    await ask('a')
    const controller = new AbortController()
    const waiting = ask('b', controller.signal)
    await expect(ask('c')).rejects.toMatchObject({ code: 'BUSY' })
    controller.abort(new Error('gave up'))
    await expect(waiting).rejects.toThrow('gave up')
    const next = ask('d')
    held[0]?.()
    held[0]?.()
    await next
    expect(slots.isIdle).toBe(false)
    held[1]?.()
    expect(slots.isIdle).toBe(true)
  })

  it('never gives out more than it has, and serves everybody who does not give up', async () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('ask' as const), name: fc.constantFrom('a', 'b', 'c') }),
      fc.record({ kind: fc.constantFrom('release' as const, 'giveUp' as const), at: fc.nat(20) }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async steps => {
        const { order, held, ask } = asker(new StreamSlots({ slots: 3, bound: 100 }))
        const asked: { controller: AbortController; gaveUp: boolean }[] = []
        let released = 0
        for (const each of steps) {
          if (each.kind === 'ask') {
            const entry = { controller: new AbortController(), gaveUp: false }
            asked.push(entry)
            ask(each.name, entry.controller.signal).catch(() => {
              entry.gaveUp = true
            })
          } else if (each.kind === 'giveUp') asked[each.at % Math.max(1, asked.length)]?.controller.abort()
          else if (held.length > 0) {
            held.splice(each.at % held.length, 1)[0]?.()
            released++
          }
          await settled()
          expect(order.length - released).toBeLessThanOrEqual(3)
        }
        while (held.length > 0) {
          held.shift()?.()
          await settled()
        }
        expect(order).toHaveLength(asked.filter(({ gaveUp }) => !gaveUp).length)
      }),
      { numRuns: 50 },
    )
  })
})
