import { describe, expect, it, vi } from 'vitest'
import { RmaError } from '../../shared/errors.ts'
import type { Forward, ForwardOutcome } from './forwarder.ts'
import { answers, clock, type Scene, setUp, text } from './test-router.ts'

describe('hedging', () => {
  /** A worker that answers when told to, or stops when it is told to. */
  class HeldWorker {
    readonly waiting: { answer: () => void; stopped: unknown }[] = []

    readonly take = (forward: Forward): Promise<ForwardOutcome> =>
      new Promise((resolve, reject) => {
        const entry = { answer: () => resolve(answers(forward)), stopped: undefined as unknown }
        this.waiting.push(entry)
        forward.signal.addEventListener('abort', () => {
          entry.stopped = forward.signal.reason
          reject(forward.signal.reason)
        })
      })
  }

  /** Forty requests that take 100 ms each, so that hedging knows what is usual and has saved up for two more. */
  async function warmedUp(scene: Omit<Scene, 'workers'> = {}) {
    let warm = false
    const held = new HeldWorker()
    const takes100Ms = async (forward: Forward) => {
      if (warm) return held.take(forward)
      clock.turn(100)
      return answers(forward)
    }
    const setting = setUp({ hedging: true, ...scene, workers: { a: takes100Ms, b: takes100Ms } })
    for (let times = 0; times < 45; times++) await text(await setting.route())
    warm = true
    setting.asked.length = 0
    const sent = async (count: number) => {
      await vi.waitFor(() => expect(held.waiting).toHaveLength(count))
    }
    return { ...setting, held, sent }
  }

  it('asks a second worker once the first takes longer than usual; the first answer counts and the other is told to stop', async () => {
    const { route, asked, held, sent, counters } = await warmedUp()
    const pending = route()
    await sent(1)
    clock.turn(99)
    expect(asked).toHaveLength(1)
    clock.turn(1)
    await sent(2)
    expect(new Set(asked).size).toBe(2)
    held.waiting[1]?.answer()
    expect(await text(await pending)).toBe('a page')
    expect(held.waiting[0]?.stopped).toMatchObject({ code: 'CANCELLED' })
    expect(counters.snapshot(0)).toMatchObject({ hedgedRequests: 1, hedgesWon: 1, forwardedRequests: 46 })
  })

  it('stops the second worker when the first answers after all', async () => {
    const { route, held, sent, counters } = await warmedUp()
    const pending = route()
    await sent(1)
    clock.turn(100)
    await sent(2)
    held.waiting[0]?.answer()
    expect(await text(await pending)).toBe('a page')
    expect(held.waiting[1]?.stopped).toMatchObject({ code: 'CANCELLED' })
    expect(counters.snapshot(0)).toMatchObject({ hedgedRequests: 1, hedgesWon: 0 })
  })

  it('spends no more than it has saved: a twentieth of all requests', async () => {
    const { route, held, sent, counters } = await warmedUp()
    for (let request = 0; request < 4; request++) {
      const pending = route()
      await sent(held.waiting.length + 1)
      const before = held.waiting.length
      clock.turn(100)
      await Promise.resolve()
      held.waiting[before - 1]?.answer()
      await text(await pending)
    }
    expect(counters.snapshot(0).hedgedRequests).toBe(2)
  })

  it.each([
    ['it is switched off', { hedging: false }],
    ['the service must not run twice', { idempotent: false }],
  ])('asks nobody else when %s', async (_why, scene) => {
    const { route, asked, held, sent } = await warmedUp(scene)
    const pending = route()
    await sent(1)
    clock.turn(10_000)
    held.waiting[0]?.answer()
    await text(await pending)
    expect(asked).toHaveLength(1)
  })

  it('stops both when the requester gives up', async () => {
    const { route, held, sent } = await warmedUp()
    const end = new AbortController()
    const pending = route(undefined, 'ocr', { signal: end.signal })
    await sent(1)
    clock.turn(100)
    await sent(2)
    end.abort(new RmaError('CANCELLED', 'gone'))
    await expect(pending).rejects.toMatchObject({ code: 'CANCELLED', message: 'gone' })
    expect(held.waiting.map(({ stopped }) => stopped)).toEqual([end.signal.reason, end.signal.reason])
  })
})
