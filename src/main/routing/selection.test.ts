import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { WorkerView } from '../../shared/schema/worker.ts'
import { type Candidate, choose, type Experience, isFit, rank, type Want } from './selection.ts'

const now = 1_000_000
const anywhere: Want = { exclude: new Set() }

function candidate(peerId: string, view: Partial<WorkerView> = {}, experience: Partial<Experience> = {}): Candidate {
  const queue = { running: 0, waiting: 0, slots: 2, bound: 8 }
  const record = {
    seq: 1,
    issuedAt: now,
    expiresAt: now + 300_000,
    services: ['ocr'],
    capabilities: { workerType: 'headless' as const, cpuThreads: 4, memoryMiB: 8_192, gpus: [] },
    load: 0,
    queue,
    state: 'donating' as const,
    addresses: [],
  }
  return {
    view: { peerId, record, load: 0, queue, state: 'donating', updatedAt: now, expiresAt: now + 300_000, ...view },
    experience: { inFlight: 0, avoided: false, ...experience },
  }
}

/** Mulberry32: the same numbers for the same seed. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

describe('selection', () => {
  it.each([
    ['paused', candidate('a', { state: 'paused' })],
    ['draining', candidate('a', { state: 'draining' })],
    ['left', candidate('a', { state: 'left' })],
    ['expired', candidate('a', { expiresAt: now })],
    ['full', candidate('a', { queue: { running: 2, waiting: 8, slots: 2, bound: 8 } })],
    ['full of our own requests', candidate('a', {}, { inFlight: 10 })],
    ['avoided', candidate('a', {}, { avoided: true })],
  ])('passes over a worker that is %s', (_reason, unfit) => {
    expect(isFit(unfit, anywhere, now)).toBe(false)
    expect(choose([unfit], anywhere, now, Math.random)).toBeUndefined()
  })

  it('never chooses one that was tried already', () => {
    const chosen = choose([candidate('a'), candidate('b')], { exclude: new Set(['a']) }, now, Math.random)
    expect(chosen?.peerId).toBe('b')
  })

  it('chooses among loads of 0.2, 0.5 and 0.8 in the shares 50, 30 and 20 of a hundred', () => {
    const workers = [
      candidate('busy', { load: 0.8 }),
      candidate('free', { load: 0.2 }),
      candidate('half', { load: 0.5 }),
    ]
    const random = seeded(7)
    const times: Record<string, number> = { free: 0, half: 0, busy: 0 }
    for (let index = 0; index < 1_000; index++) {
      const id = choose(workers, anywhere, now, random)?.peerId ?? ''
      times[id] = (times[id] ?? 0) + 1
    }
    const expected: Record<string, number> = { free: 500, half: 300, busy: 200 }
    const chiSquare = Object.entries(expected).reduce(
      (sum, [id, want]) => sum + ((times[id] ?? 0) - want) ** 2 / want,
      0,
    )
    // 99.9 % quantile of chi-square with two degrees of freedom.
    expect(chiSquare).toBeLessThan(13.82)
  })

  it('does not send a crowd of new requesters to one of many equal workers', () => {
    const workers = Array.from({ length: 100 }, (_, index) => candidate(`w${index}`))
    const times = new Map<string, number>()
    for (let requester = 0; requester < 5_000; requester++) {
      const id = choose(workers, anywhere, now, seeded(requester))?.peerId ?? ''
      times.set(id, (times.get(id) ?? 0) + 1)
    }
    expect(Math.max(...times.values())).toBeLessThanOrEqual(3 * 50)
  })

  it('prefers the quicker, the nearer and the one with a direct path among equally loaded ones', () => {
    const want: Want = { exclude: new Set(), location: 'leeds' }
    const near = candidate('near')
    near.view.record = { ...near.view.record, location: 'leeds' }
    const order = rank(
      [
        candidate('slow', {}, { latencyMs: 9_000 }),
        candidate('far'),
        near,
        candidate('relayed', {}, { path: 'relay' }),
      ],
      want,
      Math.random,
    )
    expect(order[0]?.view.peerId).toBe('near')
  })

  it('always chooses a fit worker when there is one', () => {
    const anyCandidate = fc
      .record({
        load: fc.double({ min: 0, max: 1, noNaN: true }),
        running: fc.nat(4),
        waiting: fc.nat(10),
        inFlight: fc.nat(20),
        latencyMs: fc.option(fc.nat(60_000), { nil: undefined }),
        avoided: fc.boolean(),
      })
      .map(({ load, running, waiting, inFlight, latencyMs, avoided }) => ({
        view: { load, queue: { running, waiting, slots: 2, bound: 8 } },
        experience: { inFlight, avoided, ...(latencyMs === undefined ? {} : { latencyMs }) },
      }))
    fc.assert(
      fc.property(fc.array(anyCandidate, { maxLength: 40 }), fc.integer(), (drafts, seed) => {
        const candidates = drafts.map((draft, index) => candidate(`w${index}`, draft.view, draft.experience))
        const chosen = choose(candidates, anywhere, now, seeded(seed))
        const fit = candidates.filter(each => isFit(each, anywhere, now)).map(each => each.view.peerId)
        if (fit.length === 0) expect(chosen).toBeUndefined()
        else expect(fit).toContain(chosen?.peerId)
      }),
    )
  })
})
