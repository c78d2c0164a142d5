import fc from 'fast-check'
import { expect, it } from 'vitest'
import { bucketOf, randomPlaceIn } from './buckets.ts'

const place = fc.uint8Array({ minLength: 32, maxLength: 32 })

it('counts the leading bits in common', () => {
  const self = new Uint8Array(32)
  expect(bucketOf(self, Uint8Array.from([0x80, ...new Uint8Array(31)]))).toBe(0)
  expect(bucketOf(self, Uint8Array.from([0x01, ...new Uint8Array(31)]))).toBe(7)
  expect(bucketOf(self, Uint8Array.from([0, 0x20, ...new Uint8Array(30)]))).toBe(10)
  expect(bucketOf(self, self)).toBe(256)
})

it('is the same seen from either side', () => {
  fc.assert(
    fc.property(place, place, (a, b) => {
      expect(bucketOf(a, b)).toBe(bucketOf(b, a))
    }),
  )
})

it('draws places in the bucket asked for', () => {
  fc.assert(
    fc.property(place, fc.nat(255), (self, bucket) => {
      expect(bucketOf(self, randomPlaceIn(bucket, self))).toBe(bucket)
    }),
  )
})
