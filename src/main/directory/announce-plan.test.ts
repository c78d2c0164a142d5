import { describe, expect, it } from 'vitest'
import { minute, second } from '../../shared/units.ts'
import { audience, duePost, dueStatement, type Holding, nextStatementAt, type Said } from './announce-plan.ts'
import { ocrDraft } from './test-network.ts'

const timing = { heartbeatIntervalMs: 30 * second, workerTtlMs: 5 * minute }
const addresses = ['/ip4/10.0.0.1/tcp/8468']
const saidAt = 1_700_000_000_000

function said(change: Partial<Said> = {}): Said {
  const record = { ...ocrDraft(), addresses, seq: 7, issuedAt: saidAt, expiresAt: saidAt + timing.workerTtlMs }
  return {
    record,
    addresses,
    recordBytes: new Uint8Array(1),
    recordHash: 'hash',
    seq: 7,
    load: 0,
    state: 'donating',
    saidAt,
    ...change,
  }
}

const due = (draft = ocrDraft(), elapsedMs = 0, before: Said | undefined = said(), at = addresses) =>
  dueStatement(draft, at, before, saidAt + elapsedMs, timing)

describe('what there is to say', () => {
  it('is the whole record at first', () => {
    expect(dueStatement(ocrDraft(), addresses, undefined, saidAt, timing)).toBe('record')
  })

  it('is nothing while nothing changes before the heartbeat', () => {
    expect(due(ocrDraft(), 29 * second)).toBe('nothing')
  })

  it('is a renewal at the heartbeat', () => {
    expect(due(ocrDraft(), 30 * second)).toBe('renewal')
  })

  it('is the whole record at half its life', () => {
    expect(due(ocrDraft(), 150 * second, said({ saidAt: saidAt + 149 * second }))).toBe('record')
  })

  it('is the whole record, dated anew, once the clock is set back', () => {
    expect(due(ocrDraft(), -10 * minute)).toBe('record')
    expect(due(ocrDraft(), -second)).toBe('nothing')
  })

  it('is the whole record at once when services, addresses or the location change', () => {
    expect(due(ocrDraft({ services: ['ocr', 'chat'] }))).toBe('record')
    expect(due(ocrDraft({ location: 'london' }))).toBe('record')
    expect(due(ocrDraft(), 0, said(), ['/ip4/10.0.0.2/tcp/8468'])).toBe('record')
  })

  it('is a renewal at once when the state changes', () => {
    expect(due(ocrDraft({ state: 'paused' }))).toBe('renewal')
  })

  it('is nothing more once the worker has said that it leaves', () => {
    const left = said({ state: 'left' })
    expect(due(ocrDraft({ state: 'left' }), 4 * minute, left)).toBe('nothing')
    expect(nextStatementAt(ocrDraft({ state: 'left' }), left, timing)).toBe(left.record.expiresAt)
  })

  it('is the whole record when a worker that has left comes back', () => {
    expect(due(ocrDraft(), 0, said({ state: 'left' }))).toBe('record')
  })

  it('is the whole record when the worker leaves', () => {
    expect(due(ocrDraft({ state: 'left' }))).toBe('record')
  })

  it('is a renewal when the load has moved by 0.2, but not within 5 s of the last one', () => {
    expect(due(ocrDraft({ load: 0.2 }), 4 * second)).toBe('nothing')
    expect(due(ocrDraft({ load: 0.2 }), 5 * second)).toBe('renewal')
    expect(due(ocrDraft({ load: 0.19 }), 5 * second)).toBe('nothing')
  })
})

describe('when to look again', () => {
  it('is the next heartbeat', () => {
    expect(nextStatementAt(ocrDraft(), said(), timing)).toBe(saidAt + 30 * second)
  })

  it('is sooner when a move of the load waits', () => {
    expect(nextStatementAt(ocrDraft({ load: 0.5 }), said(), timing)).toBe(saidAt + 5 * second)
  })

  it('is half the record’s life when that comes first', () => {
    expect(nextStatementAt(ocrDraft(), said({ saidAt: saidAt + 140 * second }), timing)).toBe(saidAt + 150 * second)
  })
})

const held: Holding = { recordHash: 'hash', seq: 7, keys: ['service:ocr'], expiresAt: saidAt + 5 * minute }

describe('what a registrar has to hear', () => {
  it('is the record when it holds none, another one, or not under all keys', () => {
    expect(duePost(undefined, said(), ['service:ocr'])).toBe('announce')
    expect(duePost({ ...held, recordHash: 'other', seq: 6 }, said(), ['service:ocr'])).toBe('announce')
    expect(duePost({ ...held, keys: [] }, said(), ['service:ocr'])).toBe('announce')
  })

  it('is the renewal when it holds the record alone', () => {
    expect(duePost(held, said({ seq: 8 }), ['service:ocr'])).toBe('renew')
  })

  it('is nothing when it is up to date', () => {
    expect(duePost(held, said(), ['service:ocr'])).toBe('nothing')
  })
})

describe('the audience', () => {
  it('gathers the keys of each registrar', () => {
    const registrars = new Map([
      ['service:ocr', ['a', 'b']],
      ['worker:x', ['b']],
    ])
    expect([...audience(registrars, new Map())]).toEqual([
      ['a', ['service:ocr']],
      ['b', ['service:ocr', 'worker:x']],
    ])
  })

  it('includes whoever keeps the record under a key it has lost, and nobody else', () => {
    const registrars = new Map([['service:ocr', ['a']]])
    const holdings = new Map([
      ['lost-key', { ...held, keys: ['service:chat'] }],
      ['no-longer-close', held],
    ])
    expect([...audience(registrars, holdings).keys()]).toEqual(['a', 'lost-key'])
  })
})
