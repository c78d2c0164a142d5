import { describe, expect, it } from 'vitest'
import type { RegistryEntry } from './registry-entry.ts'
import { chooseToGiveWay } from './registry-room.ts'

const now = 1_000
let count = 0

function entry(group: string | undefined, fields: Partial<RegistryEntry> = {}): RegistryEntry {
  return {
    peerId: `peer-${count++}`,
    mark: 0,
    record: new Uint8Array(),
    hash: '',
    seq: 1,
    load: 0,
    state: 'donating',
    gpu: false,
    choices: undefined,
    location: undefined,
    expiresAt: now + 100,
    lastExpiresAt: now + 100,
    group,
    indexes: [],
    ...fields,
  }
}

describe('where all places are taken', () => {
  it('one kept only against replay gives way first', () => {
    const left = entry('a', { state: 'left' })
    const expired = entry('b', { expiresAt: now })
    expect(chooseToGiveWay([entry('a'), left, entry('a')], 'a', now)).toBe(left)
    expect(chooseToGiveWay([entry('a'), expired], 'a', now)).toBe(expired)
  })

  it('the one of the largest group that expires first gives way', () => {
    const first = entry('flood', { expiresAt: now + 1 })
    const entries = [entry('flood'), entry('flood'), first, entry('flood', { expiresAt: now + 2 }), entry('home')]
    expect(chooseToGiveWay(entries, 'other', now)).toBe(first)
    expect(chooseToGiveWay(entries, 'home', now)).toBe(first)
  })

  it('nobody gives way to a group that would then be larger', () => {
    const entries = [entry('a'), entry('a'), entry('b')]
    expect(chooseToGiveWay(entries, 'b', now)).toBeUndefined()
    expect(chooseToGiveWay(entries, 'a', now)).toBeUndefined()
    expect(chooseToGiveWay(entries, 'c', now)).toBe(entries[0])
    expect(chooseToGiveWay([entry('a')], 'b', now)).toBeUndefined()
  })

  it('workers whose group is not known are one group', () => {
    const entries = [entry(undefined), entry(undefined), entry('a')]
    expect(chooseToGiveWay(entries, undefined, now)).toBeUndefined()
    expect(chooseToGiveWay(entries, 'b', now)).toBe(entries[0])
  })

  it('there is nobody to choose from in an empty registrar', () => {
    expect(chooseToGiveWay([], 'a', now)).toBeUndefined()
  })
})
