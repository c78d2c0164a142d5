import { describe, expect, it } from 'vitest'
import { TurnedClock } from '../clock.ts'
import { WorkerExperience } from './worker-experience.ts'

function at(peerId: string, addresses: string[] = ['/ip4/192.0.2.1/tcp/8468']) {
  return { peerId, record: { addresses } }
}
const w = at('w')

function setUp() {
  const clock = new TurnedClock()
  return { clock, experience: new WorkerExperience({ clock }) }
}

describe('experience of a worker', () => {
  it('leaves no worker alone for longer than it would have, although the clock was set back meanwhile', () => {
    const { clock, experience } = setUp()
    experience.begin(w, 'ocr').refused(30_000)
    experience.begin(at('silent'), 'ocr').silent()
    expect(experience.restLeftMs('w', 'ocr')).toBe(30_000)
    clock.set(-3 * 3_600_000)
    expect(experience.of(w, 'ocr').avoided).toBeUndefined()
    expect(experience.restLeftMs('w', 'ocr')).toBeUndefined()
    expect(experience.of(at('silent'), 'ocr').avoided).toBeUndefined()
    experience.begin(at('silent'), 'ocr').answered(50, 'direct')
    expect(experience.of(at('silent'), 'ocr')).toMatchObject({ latencyMs: 50 })
  })

  it('averages the last ten answers of each service', () => {
    const { experience } = setUp()
    for (let index = 0; index < 15; index++) {
      experience.begin(w, 'ocr').answered(index < 5 ? 10_000 : 100, 'direct')
    }
    experience.begin(w, 'chat').answered(7_000, 'direct')
    expect(experience.of(w, 'ocr')).toEqual({ inFlight: 0, latencyMs: 100, path: 'direct' })
    expect(experience.of(w, 'chat').latencyMs).toBe(7_000)
    expect(experience.of(w, 'ner-extraction').latencyMs).toBeUndefined()
  })

  it('counts requests in flight until they end, each once', () => {
    const { experience } = setUp()
    const trial = experience.begin(w, 'ocr')
    experience.begin(w, 'ocr')
    trial.refused()
    trial.failed()
    trial.abandoned()
    expect(experience.of(w, 'ocr').inFlight).toBe(1)
  })

  it('avoids a worker after two failures in a row, then lets one request probe it', () => {
    const { clock, experience } = setUp()
    experience.begin(w, 'ocr').failed()
    expect(experience.of(w, 'ocr').avoided).toBeUndefined()
    experience.begin(w, 'ocr').failed()
    expect(experience.of(w, 'ocr').avoided).toBe('failed')
    clock.turn(5_000)
    expect(experience.of(w, 'ocr').avoided).toBeUndefined()
    const probe = experience.begin(w, 'ocr')
    expect(experience.of(w, 'ocr').avoided).toBe('failed')
    probe.answered(50, 'direct')
    expect(experience.of(w, 'ocr').avoided).toBeUndefined()
  })

  it('probes a worker that says that it can be reached elsewhere, after the shortest rest', () => {
    const { clock, experience } = setUp()
    for (let failure = 0; failure < 6; failure++) {
      experience.begin(w, 'ocr').failed()
      clock.turn(failure < 5 ? 300_000 : 6_000)
    }
    expect(experience.of(at('w', [...w.record.addresses]), 'ocr').avoided).toBe('failed')
    const elsewhere = at('w', ['/ip4/203.0.113.1/tcp/8468/p2p/relay/p2p-circuit'])
    expect(experience.of(elsewhere, 'ocr').avoided).toBeUndefined()
    const probe = experience.begin(elsewhere, 'ocr')
    expect(experience.of(elsewhere, 'ocr').avoided).toBe('failed')
    probe.failed()
    clock.turn(6_000)
    expect(experience.of(elsewhere, 'ocr').avoided).toBe('failed')
  })

  it('leaves a worker alone for as long as it has asked for, at most a minute, and for that service alone', () => {
    const { clock, experience } = setUp()
    experience.begin(w, 'ocr').refused(3_000)
    expect(experience.of(w, 'ocr').avoided).toBe('resting')
    clock.turn(2_999)
    expect(experience.restLeftMs('w', 'ocr')).toBe(1)
    expect(experience.of(w, 'ner-extraction').avoided).toBeUndefined()
    clock.turn(1)
    expect(experience.of(w, 'ocr').avoided).toBeUndefined()
    experience.begin(w, 'ocr').refused(86_400_000)
    clock.turn(60_000)
    expect(experience.of(w, 'ocr').avoided).toBeUndefined()
  })

  it('learns from a worker that was outrun that it takes at least that long', () => {
    const { experience } = setUp()
    experience.begin(w, 'ocr').abandoned(4_000)
    expect(experience.of(w, 'ocr')).toEqual({ inFlight: 0, latencyMs: 4_000 })
  })

  it('shows the workers asked last', () => {
    const { experience } = setUp()
    for (const worker of ['a', 'b', 'c']) experience.begin(at(worker), 'ocr').answered(100, 'direct')
    experience.begin(at('a'), 'ocr')
    expect(experience.latest(2)).toEqual([
      { worker: 'a', answers: 1, meanMs: 100, inFlight: 1, circuit: 'closed' },
      { worker: 'c', answers: 1, meanMs: 100, inFlight: 0, circuit: 'closed' },
    ])
  })
})
