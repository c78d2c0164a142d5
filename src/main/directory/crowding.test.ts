import { describe, expect, it } from 'vitest'
import { minute } from '../../shared/units.ts'
import { Crowding, keysOfService } from './crowding.ts'

const now = 1_000_000
const registrars = ['a', 'b', 'c', 'd']

describe('a crowded key', () => {
  it('is one that half of its registrars have no room under', () => {
    const crowding = new Crowding()
    crowding.refused('service:ocr', 'a', now, 0.5)
    expect(crowding.isCrowded('service:ocr', registrars, now)).toBe(false)
    crowding.refused('service:ocr', 'b', now, 0.5)
    expect(crowding.isCrowded('service:ocr', registrars, now)).toBe(true)
    expect(crowding.isCrowded('service:chat', registrars, now)).toBe(false)
    crowding.taken('service:ocr', 'b', { full: false })
    expect(crowding.isCrowded('service:ocr', registrars, now)).toBe(false)
  })

  it('is also one that half of its registrars call full, although they keep the worker', () => {
    const crowding = new Crowding()
    crowding.taken('service:ocr', 'a', { full: true })
    crowding.refused('service:ocr', 'b', now, 0.5)
    expect(crowding.isCrowded('service:ocr', registrars, now)).toBe(true)
    expect(crowding.isResting('service:ocr', 'a', now)).toBe(false)
    // What only others said does not count.
    expect(crowding.isCrowded('service:ocr', ['b', 'c', 'd'], now)).toBe(false)
    expect(crowding.isCrowded('service:chat', registrars, now)).toBe(false)
    crowding.taken('service:ocr', 'a', { full: false })
    expect(crowding.isCrowded('service:ocr', registrars, now)).toBe(false)
  })

  it('is left alone for half an hour or so, and counts as crowded while it is asked again', () => {
    const crowding = new Crowding()
    for (const peerId of registrars) crowding.refused('service:ocr', peerId, now, 0.5)
    const later = now + 30 * minute
    expect(crowding.isResting('service:ocr', 'a', later - 1)).toBe(true)
    expect(crowding.isResting('service:ocr', 'a', later)).toBe(false)
    expect(crowding.isCrowded('service:ocr', registrars, later)).toBe(true)
    expect(crowding.isCrowded('service:ocr', registrars, later + 5 * minute)).toBe(false)
  })
})

describe('a key whose registrars have no room for a connection', () => {
  it('is crowded, and looked up again after half an hour or so', () => {
    const crowding = new Crowding()
    const later = now + 30 * minute
    crowding.seen('service:ocr', 4, now, 0.5)
    expect(crowding.isCrowded('service:ocr', registrars, now)).toBe(true)
    expect(crowding.isToBeSeenAgain('service:ocr', later - 1)).toBe(false)
    expect(crowding.isToBeSeenAgain('service:ocr', later)).toBe(true)
    expect(crowding.isCrowded('service:ocr', registrars, later)).toBe(true)
    expect(crowding.isCrowded('service:ocr', registrars, later + 5 * minute)).toBe(false)
    crowding.seen('service:ocr', 4, now, 0.5)
    crowding.seen('service:ocr', 0, now, 0.5)
    expect(crowding.isCrowded('service:ocr', registrars, now)).toBe(false)
  })

  it('is crowded where half of them have none, or none for the worker', () => {
    const crowding = new Crowding()
    const others = [...'abcdefgh']
    crowding.seen('service:ocr', 2, now, 0.5)
    crowding.refused('service:ocr', 'a', now, 0.5)
    // Not one of the eight: two that are closer have no room for a connection.
    crowding.refused('service:ocr', 'h', now, 0.5)
    expect(crowding.isCrowded('service:ocr', others, now)).toBe(false)
    crowding.refused('service:ocr', 'b', now, 0.5)
    expect(crowding.isCrowded('service:ocr', others, now)).toBe(true)
  })
})

describe('the keys of a worker', () => {
  const place = Uint8Array.from([0x3f, 0xa1, 0x77])

  it('go on, one digit at a time, to the first that is not crowded', () => {
    expect(keysOfService('ocr', place, () => false)).toEqual(['service:ocr'])
    expect(keysOfService('ocr', place, key => key.length < 'service:ocr/3f'.length)).toEqual([
      'service:ocr',
      'service:ocr/3',
      'service:ocr/3f',
    ])
  })

  it('end after four digits, however crowded', () => {
    expect(keysOfService('ocr', place, () => true).at(-1)).toBe('service:ocr/3fa1')
  })
})
