import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Particulars, WorkerView } from '../../shared/schema/worker.ts'
import { TurnedClock } from '../clock.ts'
import { type Candidate, choose, type Experience, rank, typicalLatency, type Want, whyUnfit } from './selection.ts'
import { WorkerExperience } from './worker-experience.ts'

const now = 1_000_000
const anywhere: Want = { service: 'ocr', gpu: false, exclude: new Set() }

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
    experience: { inFlight: 0, ...experience },
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
  it('draws before it ranks, so that a worker that claims to be idle is not in every drawing', () => {
    const busy = Array.from({ length: 47 }, (_, index) => candidate(`w${index}`, { load: 0.9 }))
    const boasters = [1, 2, 3].map(number => candidate(`idle${number}`, { load: 0 }))
    const random = seeded(7)
    const chosen = Array.from(
      { length: 400 },
      () => choose([...busy, ...boasters], anywhere, now, random)?.peerId ?? '',
    )
    const share = chosen.filter(peerId => peerId.startsWith('idle')).length / chosen.length
    // Ranked without a drawing the three are all that is ever chosen.
    expect(share).toBeGreaterThan(0.1)
    expect(share).toBeLessThan(0.7)
  })

  it('leaves those out that have said nothing for a while, unless there is nobody else', () => {
    const silent = Array.from({ length: 30 }, (_, index) => candidate(`silent${index}`, { updatedAt: now - 100_000 }))
    const heard = candidate('heard', { updatedAt: now - 80_000, load: 0.9 })
    const random = seeded(5)
    const chosen = new Set(Array.from({ length: 50 }, () => choose([...silent, heard], anywhere, now, random)?.peerId))
    expect([...chosen]).toEqual(['heard'])
    expect(choose(silent, anywhere, now, random)?.peerId).toMatch(/^silent/)
  })

  it.each([
    ['not donating', candidate('a', { state: 'paused' })],
    ['not donating', candidate('a', { state: 'draining' })],
    ['not donating', candidate('a', { state: 'left' })],
    ['expired', candidate('a', { expiresAt: now })],
    ['full', candidate('a', { queue: { running: 2, waiting: 8, slots: 2, bound: 8 } })],
    ['full', candidate('a', {}, { inFlight: 10 })],
    ['failed lately', candidate('a', {}, { avoided: 'failed' })],
    ['asked for rest', candidate('a', {}, { avoided: 'resting' })],
  ])('passes over a worker that is or has %s', (reason, unfit) => {
    expect(whyUnfit(unfit, anywhere, now)).toBe(reason)
    expect(choose([unfit], anywhere, now, Math.random)).toBeUndefined()
  })

  it('passes over a worker without the model or the languages that are asked for', () => {
    const { view } = candidate('a')
    const choices = [
      { service: 'ocr', models: ['llava:7b'], languages: ['deu', 'eng'] },
      { service: 'other', models: ['tiny-1b'] },
    ]
    const able = candidate('a', { record: { ...view.record, choices } })
    const why = (who: Candidate, particulars: Particulars) => whyUnfit(who, { ...anywhere, particulars }, now)
    expect(why(able, { model: 'llava:7b', languages: ['eng', 'deu'] })).toBeUndefined()
    expect(why(able, { model: 'tiny-1b' })).toBe('without the model')
    expect(why(able, { languages: ['eng', 'cym'] })).toBe('without the languages')
    expect(why(candidate('old'), { model: 'llava:7b' })).toBe('without the model')
    expect(why(candidate('old'), { languages: ['deu'] })).toBe('without the languages')
    expect(why(candidate('old'), { languages: ['eng'] })).toBeUndefined()
    expect(why(candidate('old'), {})).toBeUndefined()
  })

  it('passes over a worker that has dropped the service since', () => {
    const want = { ...anywhere, service: 'ner-extraction' }
    expect(whyUnfit(candidate('a'), want, now)).toBe('not offering it')
  })

  it('never chooses one that was tried already', () => {
    const chosen = choose([candidate('a'), candidate('b')], { ...anywhere, exclude: new Set(['a']) }, now, Math.random)
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
    for (let requester = 0; requester < 50; requester++) {
      const random = seeded(requester)
      const experience = new WorkerExperience({ clock: new TurnedClock(now) })
      for (let request = 0; request < 20; request++) {
        const seen = workers.map(({ view }) => ({ view, experience: experience.of(view, 'ocr') }))
        const chosen = choose(seen, anywhere, now, random) ?? expect.fail('nobody was chosen')
        experience.begin(chosen, 'ocr')
        times.set(chosen.peerId, (times.get(chosen.peerId) ?? 0) + 1)
      }
    }
    const fair = (50 * 20) / 100
    expect(Math.max(...times.values())).toBeLessThanOrEqual(3 * fair)
  })

  it('spreads the requests of one burst by counting those that are under way', () => {
    const workers = Array.from({ length: 4 }, (_, index) => candidate(`w${index}`))
    const experience = new WorkerExperience({ clock: new TurnedClock(now) })
    const random = seeded(3)
    for (let request = 0; request < 24; request++) {
      const seen = workers.map(({ view }) => ({ view, experience: experience.of(view, 'ocr') }))
      experience.begin(choose(seen, anywhere, now, random) ?? expect.fail('nobody was chosen'), 'ocr')
    }
    for (const { view } of workers) {
      expect(experience.of(view, 'ocr').inFlight).toBeGreaterThanOrEqual(4)
      expect(experience.of(view, 'ocr').inFlight).toBeLessThanOrEqual(8)
    }
  })

  it('believes a worker that always says 0 only as far as its answers come when they should', () => {
    expect(shareOf('liar', { liar: 0 })).toBeLessThanOrEqual(1.5 * shareOf('w1', { liar: 0 }))
  })

  it('draws on a worker that is slow, for all it says, less than on its equals', () => {
    expect(shareOf('slow', { slow: 0 }, { slow: 1_000 })).toBeLessThanOrEqual(
      0.5 * shareOf('w1', { slow: 0 }, { slow: 1_000 }),
    )
  })

  it('prefers the quicker, the nearer and the one with a direct path among equally loaded ones', () => {
    const want: Want = { ...anywhere, location: 'leeds' }
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

  it('prefers the better graphics card for a service that wants one, and for no other', () => {
    const gpu = (model: string, vramMiB: number) => ({ vendor: 'nvidia' as const, model, vramMiB })
    const strong = candidate('strong', { load: 0.1 })
    const weak = candidate('weak')
    const none = candidate('none')
    strong.view.record.capabilities.gpus = [gpu('NVIDIA H100 80GB HBM3', 81_559)]
    weak.view.record.capabilities.gpus = [gpu('NVIDIA GeForce GTX 1650', 4_096)]
    const best = (want: Want) => rank([none, weak, strong], want, Math.random).map(({ view }) => view.peerId)
    expect(best({ ...anywhere, gpu: true })).toEqual(['strong', 'weak', 'none'])
    const first = Array.from({ length: 50 }, () => best(anywhere)[0])
    expect(new Set(first)).toContain('none')
  })

  it('takes the middle latency for typical, the lower of two, so that one slow worker is not the measure', () => {
    const taking = (...times: (number | undefined)[]) =>
      times.map((latencyMs, index) => candidate(`w${index}`, {}, latencyMs === undefined ? {} : { latencyMs }))
    expect(typicalLatency(taking())).toBeUndefined()
    expect(typicalLatency(taking(undefined, 9_000, 100))).toBe(100)
    expect(typicalLatency(taking(50, 9_000, 100))).toBe(100)
  })

  it('always chooses a fit worker when there is one', () => {
    const anyCandidate = fc
      .record({
        load: fc.double({ min: 0, max: 1, noNaN: true }),
        running: fc.nat(4),
        waiting: fc.nat(10),
        inFlight: fc.nat(20),
        latencyMs: fc.option(fc.nat(60_000), { nil: undefined }),
        avoided: fc.constantFrom(undefined, 'failed' as const, 'resting' as const),
      })
      .map(({ load, running, waiting, inFlight, latencyMs, avoided }) => ({
        view: { load, queue: { running, waiting, slots: 2, bound: 8 } },
        experience: {
          inFlight,
          ...(avoided === undefined ? {} : { avoided }),
          ...(latencyMs === undefined ? {} : { latencyMs }),
        },
      }))
    fc.assert(
      fc.property(fc.array(anyCandidate, { maxLength: 40 }), fc.integer(), (drafts, seed) => {
        const candidates = drafts.map((draft, index) => candidate(`w${index}`, draft.view, draft.experience))
        const chosen = choose(candidates, anywhere, now, seeded(seed))
        const fit = candidates.filter(each => whyUnfit(each, anywhere, now) === undefined).map(each => each.view.peerId)
        if (fit.length === 0) expect(chosen).toBeUndefined()
        else expect(fit).toContain(chosen?.peerId)
      }),
    )
  })
})

/**
 * The share of 3,000 requests that one of 12 workers gets, in turned time: one job at a time and 100 ms each unless `takes`
 * says otherwise, half of what they could do together, arriving at random. Workers announce their true load, or what
 * `says` has them announce.
 */
function shareOf(worker: string, says: Record<string, number>, takes: Record<string, number> = {}): number {
  const random = seeded(11)
  const clock = new TurnedClock(now)
  const experience = new WorkerExperience({ clock })
  const names = [...Object.keys(says), ...Array.from({ length: 12 - Object.keys(says).length }, (_, n) => `w${n}`)]
  const busyUntil = new Map<string, number>()
  const counts = new Map<string, number>()
  const queueOf = (name: string) => {
    const jobs = Math.ceil(Math.max(0, (busyUntil.get(name) ?? 0) - clock.now()) / (takes[name] ?? 100))
    return { running: Math.min(1, jobs), waiting: Math.max(0, jobs - 1), slots: 1, bound: 50 }
  }
  for (let request = 0; request < 3_000; request++) {
    const seen = names.map(name => {
      const said = says[name]
      const queue = said === undefined ? queueOf(name) : { running: 0, waiting: 0, slots: 1, bound: 50 }
      const view = { load: said ?? queue.running, queue, expiresAt: clock.now() + 1_000 }
      const shown = candidate(name, view)
      return { ...shown, experience: { ...experience.of(shown.view, 'ocr'), inFlight: 0 } }
    })
    const worker = choose(seen, anywhere, clock.now(), random) ?? expect.fail('nobody was chosen')
    const chosen = worker.peerId
    counts.set(chosen, (counts.get(chosen) ?? 0) + 1)
    const trial = experience.begin(worker, 'ocr')
    const sentAt = clock.now()
    const doneAt = Math.max(sentAt, busyUntil.get(chosen) ?? 0) + (takes[chosen] ?? 100)
    busyUntil.set(chosen, doneAt)
    clock.after(doneAt - sentAt, () => trial.answered(doneAt - sentAt, 'direct'))
    clock.turn(-Math.log(1 - random()) * 16.7)
  }
  return (counts.get(worker) ?? 0) / 3_000
}
