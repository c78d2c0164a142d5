import { describe, expect, it } from 'vitest'
import type { WorkerState } from '../../shared/schema/worker.ts'
import { EnvelopeCache } from './envelope-cache.ts'
import { type Candidates, describeKnown, dropFalseRenewals, mergeInto, readFound, viewOf } from './finder-merge.ts'
import type { FoundFrame } from './frames.ts'
import { type TestWorker, testNetworkId, testNow, testWorker } from './test-records.ts'

const later = testNow + 1_000
const key = { kind: 'service', service: 'ocr' } as const

/** The envelope with its signature spoilt. */
function forged(bytes: Uint8Array): Uint8Array {
  return bytes.map((byte, index) => (index === bytes.length - 1 ? byte ^ 1 : byte))
}

/** What one asker makes of the answers of several registrars. */
async function merge(...answers: { records?: Uint8Array[]; renewals?: Uint8Array[] }[]) {
  const envelopes = new EnvelopeCache({ networkId: testNetworkId })
  const all: Candidates = new Map()
  for (const { records = [], renewals = [] } of answers) {
    const found = { kind: 'found', id: 0, records, renewals, kept: [], total: records.length } as const
    mergeInto(all, readFound({ ...found, kept: [] }, { key, known: [], envelopes }), envelopes, later)
  }
  const candidates = [...all.values()]
  const view = () => candidates.map(candidate => viewOf(candidate, envelopes, later))
  const claimed = view()
  await dropFalseRenewals(candidates, envelopes)
  return { claimed, checked: view() }
}

const renewed = (worker: TestWorker, record: Uint8Array, seq: number, state: Exclude<WorkerState, 'left'>) =>
  worker.renewal(record, { seq, state })

describe('answers about one worker', () => {
  it('end at the latest record, in whatever order they come', async () => {
    const worker = await testWorker()
    const [old, young] = [await worker.record(), await worker.record({ seq: testNow + 5, load: 0.75 })]
    for (const answers of [
      [old, young],
      [young, old],
    ])
      expect((await merge(...answers.map(record => ({ records: [record] })))).checked).toMatchObject([{ load: 0.75 }])
  })

  it('cannot be hidden behind a later record that the worker has not signed', async () => {
    const worker = await testWorker()
    const honest = { records: [await worker.record({ load: 0.75 })] }
    const lie = { records: [forged(await worker.record({ seq: testNow + 5 }))] }
    for (const answers of [
      [honest, lie],
      [lie, honest],
      [lie, lie, honest],
    ])
      expect((await merge(...answers)).checked).toMatchObject([{ load: 0.75 }])
  })

  it('cannot be hidden behind a renewal that the worker has not signed, of a later or the same seq', async () => {
    const [worker, liar] = [await testWorker(1), await testWorker(2)]
    const record = await worker.record()
    const honest = { records: [record], renewals: [await renewed(worker, record, testNow + 5, 'paused')] }
    for (const seq of [testNow + 5, testNow + 9]) {
      const lie = { records: [record], renewals: [await renewed(liar, record, seq, 'donating')] }
      for (const answers of [
        [honest, lie],
        [lie, honest],
      ])
        expect((await merge(...answers)).checked).toMatchObject([{ state: 'paused' }])
    }
  })
})

describe('a renewal that all registrars agree on', () => {
  it('is believed until it is checked, and dropped for good where its worker has not signed it', async () => {
    const [worker, liar] = [await testWorker(1), await testWorker(2)]
    const record = await worker.record()
    const lie = { records: [record], renewals: [await renewed(liar, record, testNow + 5, 'paused')] }
    const { claimed, checked } = await merge(lie, lie)
    expect(claimed).toMatchObject([{ state: 'paused' }])
    expect(checked).toMatchObject([{ state: 'donating' }])
  })

  it('does not keep later true ones away, however high its seq', async () => {
    const [worker, liar] = [await testWorker(1), await testWorker(2)]
    const envelopes = new EnvelopeCache({ networkId: testNetworkId })
    const record = await worker.record()
    const answer = (renewal: Uint8Array, kept: number[] = []) => ({
      kind: 'found' as const,
      id: 0,
      records: kept.length === 0 ? [record] : [],
      renewals: [renewal],
      kept,
      total: 1,
    })
    const high = await renewed(liar, record, testNow + 900_000, 'paused')
    const known = [...readFound(answer(high), { key, known: [], envelopes }).values()]
    expect(describeKnown(known, envelopes)).toMatchObject([[expect.any(String), testNow]])
    const next = readFound(answer(await renewed(worker, record, testNow + 5, 'draining'), [0]), {
      key,
      known,
      envelopes,
    })
    expect([...next.values()].map(candidate => viewOf(candidate, envelopes, later))).toMatchObject([
      { state: 'draining' },
    ])
  })
})

describe('an answer that makes no sense', () => {
  const read = (more: Partial<FoundFrame>) => {
    const envelopes = new EnvelopeCache({ networkId: testNetworkId })
    const found: FoundFrame = { kind: 'found', id: 0, records: [], renewals: [], kept: [], total: 0, ...more }
    return readFound(found, { key, known: [], envelopes })
  }

  it('names nobody by a place that was not in the question', () => {
    expect(read({ kept: [0, 5] }).size).toBe(0)
  })

  it('names nobody by the renewal of a record that it does not name', async () => {
    const worker = await testWorker()
    expect(read({ renewals: [await renewed(worker, await worker.record(), testNow + 5, 'paused')] }).size).toBe(0)
  })
})

it('leaves out a worker whose record nobody signed, or that has left, or whose record has expired', async () => {
  const [one, two, three] = [await testWorker(1), await testWorker(2), await testWorker(3)]
  const records = [
    forged(await one.record()),
    await two.record({ state: 'left' }),
    await three.record({ issuedAt: testNow - 5_000, expiresAt: testNow }),
  ]
  expect((await merge({ records })).claimed).toEqual([undefined, undefined, undefined])
})

it('takes a renewal that is dated in the future for none', async () => {
  const worker = await testWorker()
  const record = await worker.record()
  const early = await worker.renewal(record, { seq: testNow + 5, state: 'paused', issuedAt: testNow + 600_000 })
  expect((await merge({ records: [record], renewals: [early] })).claimed).toMatchObject([{ state: 'donating' }])
})

it('leaves out workers that do not offer what was asked for', async () => {
  expect((await merge({ records: [await (await testWorker()).record({ services: ['chat'] })] })).checked).toEqual([])
})
