import fc from 'fast-check'
import { expect, it } from 'vitest'
import { closestOf, firstOfParties, isAmongClosest, keptAmongClosest, type Place } from './closeness.ts'
import { closestPeers, distance, isCloser, type Position } from './keys.ts'

const position = (...first: number[]): Position => Uint8Array.from([...first, ...new Uint8Array(32 - first.length)])
const key = position(0)
const self = position(9)

/** Servers closer to the key than `self`, each of a party of its own. */
const closer = (count: number): Place[] =>
  Array.from({ length: count }, (_, index) => ({ position: position(1, index), party: `party-${index}` }))

it('is a registrar where it knows at most 15 closer servers', () => {
  expect(isAmongClosest(self, [], key)).toBe(true)
  expect(isAmongClosest(self, closer(15), key)).toBe(true)
  expect(isAmongClosest(self, closer(16), key)).toBe(false)
})

it('does not count servers that are farther', () => {
  const farther = closer(100).map(({ party }) => ({ position: position(200), party }))
  expect(isAmongClosest(self, [...farther, ...closer(15)], key)).toBe(true)
})

it('is not pushed out by the many servers of one party', () => {
  const crowd = closer(100).map(({ position }) => ({ position, party: 'crowd' }))
  expect(isAmongClosest(self, [...crowd, ...closer(13)], key)).toBe(true)
  expect(isAmongClosest(self, [...crowd, ...closer(14)], key)).toBe(false)
})

it('is a registrar exactly where it would be picked among the 16 closest', () => {
  const positions = fc.uint8Array({ minLength: 32, maxLength: 32 })
  fc.assert(
    fc.property(
      positions,
      positions,
      fc.uniqueArray(positions, { minLength: 10, maxLength: 40 }),
      (key, self, rest) => {
        const others = rest.map((position, index) => ({ position, party: `${index}` }))
        const closest = closestPeers([{ position: self, party: 'self' }, ...others], key, keptAmongClosest)
        expect(isAmongClosest(self, others, key)).toBe(closest.some(({ party }) => party === 'self'))
      },
    ),
  )
})

it('compares as distances do', () => {
  expect(isCloser(self, self, key)).toBe(false)
  const positions = fc.uint8Array({ minLength: 32, maxLength: 32 })
  fc.assert(
    fc.property(positions, positions, positions, (a, b, key) => {
      expect(isCloser(a, b, key)).toBe(distance(a, key) < distance(b, key))
    }),
  )
})

it('picks the closest as if all were sorted, whoever they belong to', () => {
  const positions = fc.uint8Array({ minLength: 32, maxLength: 32 })
  const party = fc.oneof({ weight: 5, arbitrary: fc.constant('crowd') }, { weight: 1, arbitrary: fc.string() })
  const places = fc.array(fc.record({ position: positions, party }), { maxLength: 80, size: 'max' })
  fc.assert(
    fc.property(positions, places, fc.integer({ min: 1, max: 16 }), (key, places, count) => {
      const far = ({ position }: Place) => distance(position, key)
      const sorted = places.toSorted((a, b) => Number(far(a) > far(b)) - Number(far(a) < far(b)))
      expect(closestPeers(places, key, count)).toEqual(sorted.slice(0, count))
      expect(closestOf(places, key, count)).toEqual(firstOfParties(sorted, count, ({ party }) => party))
    }),
  )
})
