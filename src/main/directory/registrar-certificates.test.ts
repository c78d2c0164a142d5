import { beforeEach, expect, it } from 'vitest'
import { KiB } from '../../shared/units.ts'
import { TurnedClock } from '../clock.ts'
import { encodeFrame, type FoundFrame } from './frames.ts'
import { serviceKey } from './keys.ts'
import { RegistrarService } from './registrar.ts'
import { Registry } from './registry.ts'
import { type TestWorker, testNetworkId, testNow, testWorker } from './test-records.ts'

const key = serviceKey('ocr')
/** The longest that a frame may carry. */
const length = 2 * KiB

let workers: TestWorker[]
/** Certificates by peer id; those of others are not known. */
let known: Map<string, string>
let registrar: RegistrarService

beforeEach(async () => {
  workers = await Promise.all(Array.from({ length: 40 }, (_, index) => testWorker(index)))
  known = new Map()
  const registry = new Registry({ hasRole: () => true }, { networkId: testNetworkId })
  registrar = new RegistrarService({
    registry,
    contacts: { closest: () => [] },
    certificateOf: peerId => known.get(peerId),
    clock: new TurnedClock(testNow),
  })
  for (const { peerId, record } of workers)
    registrar.answer({ kind: 'announce', id: 1, record: await record(), keys: [key] }, { from: peerId })
})

function find(): FoundFrame {
  const answer = registrar.answer({ kind: 'find', id: 1, key, limit: 50 }, { from: 'asker' })
  if (answer.kind !== 'found') throw new Error(`expected what was found, got ${answer.kind}`)
  return answer
}

it('names the certificates of those it names, as far as it knows them', () => {
  for (const { peerId } of workers.slice(0, 3)) known.set(peerId, `certificate of ${peerId}`)
  known.set('somebody else', 'certificate of somebody else')
  const answer = find()
  expect(answer.records).toHaveLength(workers.length)
  expect([...(answer.certificates ?? [])].sort()).toEqual([...known.values()].slice(0, 3).sort())
})

it('says nothing of certificates where it knows none', () => {
  expect(find()).not.toHaveProperty('certificates')
})

it('names as many certificates as the answer has room for, and all the records', () => {
  for (const { peerId } of workers) known.set(peerId, peerId.padEnd(length, '.'))
  const answer = find()
  expect(answer.certificates).toHaveLength((56 * KiB) / length)
  expect(answer.records).toHaveLength(workers.length)
  expect(() => encodeFrame(answer)).not.toThrow()
})
