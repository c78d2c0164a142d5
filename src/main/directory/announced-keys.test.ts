import { beforeEach, describe, expect, it } from 'vitest'
import { minute } from '../../shared/units.ts'
import { TurnedClock } from '../clock.ts'
import { AnnouncedKeys } from './announced-keys.ts'
import type { AnswerFrame } from './frames.ts'
import { type KeyText, peerPosition, serviceKey, shardOf } from './keys.ts'
import type { Registrar } from './registrars.ts'
import { ocrDraft } from './test-network.ts'
import { testWorker } from './test-records.ts'

const record = ocrDraft()
const full: AnswerFrame = { kind: 'ok', id: 0, declined: [{ key: 'service:ocr', code: 'QUOTA_EXCEEDED' }] }
const registrars = [...'abcdefgh'].map(
  (peerId): Registrar => ({ peerId, position: new Uint8Array(32), group: peerId, connected: true }),
)

let clock: TurnedClock
let keys: AnnouncedKeys
let shard: KeyText
/** How many registrars of the service's own key the last lookup could not reach. */
let fullOnes: number

beforeEach(async () => {
  clock = new TurnedClock()
  fullOnes = 0
  const { peerId } = await testWorker()
  shard = serviceKey('ocr', shardOf(peerPosition(peerId), 1))
  keys = new AnnouncedKeys(
    { registrars: { of: () => registrars, full: key => (key === 'service:ocr' ? fullOnes : 0) }, clock },
    peerId,
  )
})

function lookUp(): KeyText[] {
  const done = new Set<KeyText>()
  for (let key = keys.nextToLookUp(record, done); key !== undefined; key = keys.nextToLookUp(record, done)) {
    done.add(key)
    keys.noteLookup(key)
  }
  return [...done]
}

function refuse(count: number): void {
  for (const { peerId } of registrars.slice(0, count)) keys.note(peerId, ['service:ocr'], full)
}

describe('a key that is full', () => {
  it('is not looked up with the others, although some of its registrars keep the record', () => {
    expect(lookUp()).toEqual(['service:ocr'])
    refuse(4)
    for (const { peerId } of registrars.slice(4)) keys.note(peerId, ['service:ocr'], { kind: 'ok', id: 0 })
    expect(lookUp()).toEqual([shard])
    clock.turn(2.5 * minute)
    expect(lookUp()).toEqual([shard])
    clock.turn(45 * minute)
    expect(lookUp()).toEqual(['service:ocr'])
  })

  it('is also one that its registrars say is full, which keep the record; they are looked up again after a while', () => {
    const kept: AnswerFrame = { kind: 'ok', id: 0, full: ['service:ocr'] }
    expect(lookUp()).toEqual(['service:ocr'])
    for (const { peerId } of registrars) keys.note(peerId, ['service:ocr'], kept)
    expect(keys.of(record)).toEqual(['service:ocr', shard])
    expect(keys.registrarsOf('service:ocr')).toHaveLength(8)
    expect([lookUp(), lookUp()]).toEqual([[shard], [shard]])
    clock.turn(45 * minute)
    expect(lookUp()).toEqual(['service:ocr', shard])
    for (const { peerId } of registrars) keys.note(peerId, ['service:ocr'], { kind: 'ok', id: 0 })
    expect(keys.of(record)).toEqual(['service:ocr'])
  })

  it('is looked up again soon where looking it up has failed: who keeps it is not known yet', () => {
    expect(keys.nextToLookUp(record, new Set())).toBe('service:ocr')
    refuse(4)
    expect(lookUp()).toEqual(['service:ocr', shard])
    expect(lookUp()).toEqual([shard])
  })

  it('is looked up, and its registrars are asked, although the clock was set back meanwhile', () => {
    lookUp()
    refuse(4)
    clock.set(-24 * 60 * minute)
    expect(keys.registrarsOf('service:ocr')).toHaveLength(8)
    expect(keys.of(record)).toEqual(['service:ocr'])
  })

  it('is one half of whose registrars have no room, be it for the worker or for a connection', () => {
    fullOnes = 2
    expect(lookUp()).toEqual(['service:ocr'])
    refuse(1)
    expect(keys.of(record)).toEqual(['service:ocr'])
    refuse(2)
    expect(keys.of(record)).toEqual(['service:ocr', shard])
    expect([lookUp(), lookUp()]).toEqual([[shard], [shard]])
    // Half an hour later it is looked up again: they have room.
    clock.turn(45 * minute)
    fullOnes = 0
    expect(lookUp()).toContain('service:ocr')
    expect(keys.of(record)).toEqual(['service:ocr'])
  })
})
