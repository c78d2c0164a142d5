import { expect, it } from 'vitest'
import { minute } from '../../shared/units.ts'
import { TurnedClock } from '../clock.ts'
import { maxShardDigits, serviceKey } from './keys.ts'
import { ShardChoice } from './shard-choice.ts'

it('asks for the service’s own key until that is full, then for one shard for some minutes', () => {
  const clock = new TurnedClock()
  const shards = new ShardChoice({ clock })
  shards.learn(serviceKey('ocr'), [{ full: false, workers: 40 }])
  expect(shards.of('ocr')).toBe('')
  // Most of 1,000,000 workers stand in shards.
  const crowd = { full: true, workers: 256 }
  shards.learn(serviceKey('ocr'), [crowd, crowd, { full: false, workers: 3 }])
  shards.learn(serviceKey('ocr', 'a'), [{ full: false, workers: 100_000 }])
  const first = shards.of('ocr')
  expect(first).toMatch(/^[0-9a-f]$/)
  clock.turn(9 * minute)
  expect(shards.of('ocr')).toBe(first)
  const later = Array.from({ length: 40 }, () => {
    clock.turn(10 * minute)
    return shards.of('ocr')
  })
  expect(new Set(later).size).toBeGreaterThan(1)
})

it('looks into a shard before it chooses by how many there are, and stays there where most are', () => {
  const clock = new TurnedClock()
  const crowd = { full: true, workers: 256 }
  for (let again = 0; again < 20; again++) {
    const shards = new ShardChoice({ clock })
    shards.learn(serviceKey('ocr'), [crowd])
    const first = shards.of('ocr')
    expect(first).toHaveLength(1)
    expect(shards.of('ocr')).toBe(first)
    clock.turn(minute)
    shards.learn(serviceKey('ocr', first), [{ full: false, workers: 1_000_000 }])
    expect(shards.of('ocr')).toBe(first)
    const later = Array.from({ length: 9 }, () => {
      clock.turn(10 * minute)
      return shards.of('ocr')
    })
    expect(later).not.toEqual(later.map(() => first))
  }
})

it('returns to the key of the service where hardly anybody stands in shards', () => {
  const shards = new ShardChoice({ clock: new TurnedClock() })
  shards.learn(serviceKey('ocr'), [{ full: true, workers: 256 }])
  const first = shards.of('ocr')
  shards.learn(serviceKey('ocr', first), [{ full: false, workers: 0 }])
  expect(shards.of('ocr')).toBe('')
})

it('goes on where no registrar of a shard answers, for as long as none does, and not past the longest shard', () => {
  const shards = new ShardChoice({ clock: new TurnedClock() })
  expect(shards.beyond('ocr', 'a')).toBeUndefined()
  shards.answered(serviceKey('ocr', 'a'), false)
  expect(shards.beyond('ocr', 'a')).toMatch(/^[0-9a-f]{2}$/)
  shards.answered(serviceKey('ocr', 'a'), true)
  expect(shards.beyond('ocr', 'a')).toBeUndefined()
  const longest = 'a'.repeat(maxShardDigits)
  shards.answered(serviceKey('ocr', longest), false)
  expect(shards.beyond('ocr', longest)).toBeUndefined()
})

it('forgets of the shards of which no registrar answers the one that was asked longest ago', () => {
  const shards = new ShardChoice({ clock: new TurnedClock() })
  const all = Array.from({ length: 129 }, (_, index) => index.toString(16).padStart(3, '0'))
  for (const shard of all.slice(0, 128)) shards.answered(serviceKey('ocr', shard), false)
  shards.answered(serviceKey('ocr', '000'), false)
  shards.answered(serviceKey('ocr', '080'), false)
  const deaf = all.filter(shard => shards.beyond('ocr', shard) !== undefined)
  expect(deaf).toEqual(all.filter(shard => shard !== '001'))
})
