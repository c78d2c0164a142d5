import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { closestOf } from '../directory/closeness.ts'
import { bucketOf } from './buckets.ts'
import { ContactTable, maxPerBucket } from './contact-table.ts'
import type { LookupPeer } from './lookup.ts'

const self = new Uint8Array(32)

/** A peer in bucket 0 unless its first byte says otherwise. */
function peer(name: number, party = `party-${name}`, firstByte = 0x80): LookupPeer {
  const position = Uint8Array.from([firstByte, name >> 8, name & 0xff, ...new Uint8Array(29)])
  return { peerId: String(name), position, party, connected: true }
}

const many = (count: number, party?: string) => Array.from({ length: count }, (_, index) => peer(index, party))
const idsOf = (peers: Iterable<LookupPeer>) => [...peers].map(({ peerId }) => peerId)

function tableOf(peers: LookupPeer[]): ContactTable<LookupPeer> {
  const table = new ContactTable<LookupPeer>(self)
  for (const each of peers) table.put(each)
  return table
}

describe('a table of contacts', () => {
  it('keeps those a full bucket has, and puts what is newer of one in its place', () => {
    const table = tableOf(many(maxPerBucket + 5))
    expect(idsOf(table.values())).toEqual(idsOf(many(maxPerBucket)))
    expect(table.put({ ...peer(3), connected: false })).toBe(true)
    expect(table.get('3')?.connected).toBe(false)
    expect(table.size).toBe(maxPerBucket)
  })

  it('has the newest of a party with more than two give way to somebody else', () => {
    const table = tableOf(many(maxPerBucket, 'crowd'))
    expect(table.put(peer(100, 'somebody else'))).toBe(true)
    expect(table.get(String(maxPerBucket - 1))).toBeUndefined()
    expect(table.put(peer(101, 'crowd'))).toBe(false)
    expect(table.size).toBe(maxPerBucket)
  })

  it('says how full each bucket is, up to the last that is not empty', () => {
    const table = tableOf([peer(1), peer(2), peer(3, 'p', 0x20), peer(4, 'q', 0x01)])
    expect(table.bucketSizes()).toEqual([2, 0, 1, 0, 0, 0, 0, 1])
    table.remove('4')
    table.remove('4')
    expect(table.bucketSizes()).toEqual([2, 0, 1])
    table.clear()
    expect(table.bucketSizes()).toEqual([])
  })

  it('never holds more than a bucket may, and names the closest it holds', () => {
    const anyPeer = fc.record({ name: fc.nat(999), firstByte: fc.constantFrom(0x80, 0x40, 0x01), party: fc.nat(5) })
    fc.assert(
      fc.property(
        fc.array(anyPeer, { maxLength: 200 }),
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        (all, target) => {
          const table = new ContactTable<LookupPeer>(self)
          for (const { name, firstByte, party } of all)
            table.put(peer(name + 1_000 * firstByte, `party-${party}`, firstByte))
          const held = [...table.values()]
          for (const [bucket, size] of table.bucketSizes().entries()) {
            expect(size).toBe(held.filter(({ position }) => bucketOf(self, position) === bucket).length)
            expect(size).toBeLessThanOrEqual(maxPerBucket)
          }
          expect(table.closest(target, 8)).toEqual(closestOf(held, target, 8))
        },
      ),
    )
  })
})
