import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { closestOf } from '../directory/closeness.ts'
import { closestPeers, type Position } from '../directory/keys.ts'
import {
  alpha,
  hear,
  isDone,
  type Lookup,
  type LookupPeer,
  maxAsked,
  nextToAsk,
  note,
  resultOf,
  startLookup,
} from './lookup.ts'

const positionOf = (name: string): Position => createHash('sha256').update(name).digest()
const target = positionOf('target')

function peer(name: string, change: Partial<LookupPeer> = {}): LookupPeer {
  return { peerId: name, position: positionOf(name), party: name, connected: false, ...change }
}

const crowd = (count: number, name = 'peer') => Array.from({ length: count }, (_, index) => peer(`${name}-${index}`))
const idsOf = (peers: readonly LookupPeer[]) => peers.map(({ peerId }) => peerId)
const closestIds = (peers: readonly LookupPeer[], count: number) => idsOf(closestPeers(peers, target, count))

type Behaviour = 'answers' | 'is dead' | 'is full' | 'keeps mute'

interface World {
  peers: LookupPeer[]
  /** Whom each peer knows. */
  known: Map<string, readonly LookupPeer[]>
  behaviour(peerId: string): Behaviour
}

/** Runs a lookup against a world of peers, as the driver would: questions answered in an order of its own. */
function run(lookup: Lookup<LookupPeer>, { known, behaviour }: World, pick: (length: number) => number) {
  const onTheirWay: LookupPeer[] = []
  let most = 0
  for (let step = 0; step < 10_000 && !isDone(lookup); step++) {
    for (const next of nextToAsk(lookup)) {
      onTheirWay.push(next)
      lookup = note(lookup, next.peerId, 'asked')
    }
    most = Math.max(most, lookup.entries.filter(({ standing }) => standing === 'asked').length)
    const [asked] = onTheirWay.splice(pick(onTheirWay.length), 1)
    if (asked === undefined) break
    switch (behaviour(asked.peerId)) {
      case 'answers':
        lookup = hear(
          note(lookup, asked.peerId, 'answered'),
          closestOf(known.get(asked.peerId) ?? [], target, 16),
          asked.party,
        )
        break
      case 'is dead':
        lookup = note(lookup, asked.peerId, 'failed')
        break
      case 'is full':
        lookup = note(lookup, asked.peerId, 'full')
        break
      case 'keeps mute': {
        // Nobody waits for it while others can be asked; in the end its time is up.
        const slow = lookup.entries.find(entry => entry.peer.peerId === asked.peerId)?.standing === 'slow'
        lookup = note(lookup, asked.peerId, slow ? 'mute' : 'slow')
        if (!slow) onTheirWay.push(asked)
      }
    }
  }
  return { lookup, most }
}

/** Peers that know those near them and some far away, as their tables would. */
function worldOf(count: number, behaviour: World['behaviour']): World {
  const peers = crowd(count)
  const known = new Map(
    peers.map(each => {
      const near = closestPeers(
        peers.filter(other => other !== each),
        each.position,
        12,
      )
      const far = peers.filter((_, index) => index % 5 === Number(each.position[0]) % 5)
      return [each.peerId, [...near, ...far]]
    }),
  )
  return { peers, known, behaviour }
}

describe('a lookup', () => {
  it('counts as full who hangs up, where two parties have named it', () => {
    const there = note(startLookup(target, 8, [peer('there')]), 'there', 'answered')
    const once = note(hear(there, [peer('full'), peer('dead')], 'one'), 'full', 'full')
    expect(resultOf(once).full).toBe(0)
    expect(resultOf(hear(once, [peer('full')], 'one')).full).toBe(0)
    const twice = hear(note(once, 'dead', 'failed'), [peer('full'), peer('dead')], 'another')
    expect(resultOf(twice)).toEqual({ closest: [peer('there')], certain: true, full: 1 })
  })

  it('ends with the 8 closest, whatever the order of the answers, with three questions on their way at most', () => {
    const world = worldOf(60, () => 'answers')
    fc.assert(
      fc.property(fc.nat(59), fc.infiniteStream(fc.nat(99)), (first, picks) => {
        const pick = (length: number) => Number(picks.next().value) % Math.max(1, length)
        const { lookup, most } = run(startLookup(target, 8, world.peers.slice(first, first + 1)), world, pick)
        expect(isDone(lookup)).toBe(true)
        expect(resultOf(lookup)).toEqual({
          closest: closestPeers(world.peers, target, 8),
          certain: true,
          full: 0,
        })
        expect(most).toBeLessThanOrEqual(alpha)
      }),
    )
  })

  it('ends with the closest that live, where a third is dead or mute, and says when it cannot be certain', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.nat(59), { maxLength: 18 }),
        fc.boolean(),
        fc.infiniteStream(fc.nat(99)),
        (bad, mute, picks) => {
          const isBad = (peerId: string) => bad.some(index => peerId === `peer-${index}`)
          const world = worldOf(60, id => (isBad(id) ? (mute ? 'keeps mute' : 'is dead') : 'answers'))
          const start = world.peers.filter(({ peerId }) => !isBad(peerId)).slice(0, 8)
          const pick = (length: number) => Number(picks.next().value) % Math.max(1, length)
          const { lookup } = run(startLookup(target, 8, start), world, pick)
          const living = world.peers.filter(({ peerId }) => !isBad(peerId))
          const { closest, certain } = resultOf(lookup)
          expect(isDone(lookup)).toBe(true)
          const alive = idsOf(closest).filter(id => !isBad(id))
          expect(alive).toEqual(closestIds(living, 8).slice(0, alive.length))
          expect(alive.length + (mute ? 3 : 0)).toBeGreaterThanOrEqual(8)
          if (mute && closestIds(world.peers, 8).some(isBad)) expect(certain).toBe(false)
        },
      ),
      { numRuns: 60 },
    )
  })

  it('names nobody who was reached and never answered, and is not certain then', () => {
    const peers = crowd(10)
    const mute = closestPeers(peers, target, 2)
    let lookup = hear(startLookup(target, 8, peers), peers, 'somebody')
    for (const { peerId } of peers) lookup = note(lookup, peerId, 'asked')
    for (const each of peers) lookup = note(lookup, each.peerId, mute.includes(each) ? 'mute' : 'answered')
    const living = peers.filter(each => !mute.includes(each))
    expect(idsOf(resultOf(lookup).closest)).toEqual(closestIds(living, 8))
    expect(resultOf(lookup).certain).toBe(false)
  })

  it('ends once those closest have answered or have no room, and three have answered', () => {
    const world = worldOf(60, () => 'answers')
    const nearest = closestIds(world.peers, 60)
    const start = world.peers.filter(({ peerId }) => nearest.indexOf(peerId) >= 40)
    const among = (full: number, behaviour: Behaviour, pick: (length: number) => number) => {
      const isFull = (peerId: string) => nearest.indexOf(peerId) < full
      return run(
        startLookup(target, 8, start),
        { ...world, behaviour: id => (isFull(id) ? behaviour : 'answers') },
        pick,
      ).lookup
    }
    const askedIn = ({ entries }: Lookup<LookupPeer>) => entries.filter(({ standing }) => standing !== 'heard').length
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.infiniteStream(fc.nat(99)), (full, picks) => {
        const pick = (length: number) => Number(picks.next().value) % Math.max(1, length)
        const lookup = among(full, 'is full', pick)
        const { closest, certain } = resultOf(lookup)
        expect(isDone(lookup)).toBe(true)
        expect(certain).toBe(true)
        expect(idsOf(closest).some(id => nearest.indexOf(id) < full)).toBe(false)
        expect(closest.length).toBeGreaterThanOrEqual(Math.max(3, 8 - full))
        expect(closest.length).toBeLessThanOrEqual(8)
      }),
      { numRuns: 60 },
    )
    const inOrder = () => 0
    expect(resultOf(among(4, 'is full', inOrder))).toMatchObject({ closest: { length: 4 }, full: 4 })
    expect(askedIn(among(4, 'is full', inOrder))).toBeLessThan(askedIn(among(4, 'is dead', inOrder)))
  })

  it('goes on where only one party names those that hang up: they may be made up', () => {
    const world = worldOf(60, () => 'answers')
    const [far] = closestPeers(world.peers, target, 60).slice(-1) as [LookupPeer]
    const madeUp = Array.from({ length: 16 }, (_, index) =>
      peer(`made-up-${index}`, { position: Uint8Array.from([...target.subarray(0, 31), index]) }),
    )
    let lookup = hear(startLookup(target, 8, [far]), madeUp, 'liar')
    for (let times = 0; times < 2; times++) lookup = hear(lookup, madeUp, 'liar')
    const behaviour = (id: string) => (id.startsWith('made-up') ? 'is full' : 'answers')
    expect(idsOf(resultOf(run(lookup, { ...world, behaviour }, () => 0).lookup).closest)).toEqual(
      closestIds(world.peers, 8),
    )
  })

  it('is brief where three of the 8 closest are enough', () => {
    const world = worldOf(60, () => 'answers')
    const { lookup } = run(startLookup(target, 3, world.peers.slice(0, 16)), world, () => 0)
    expect(lookup.entries.filter(({ standing }) => standing === 'answered').length).toBeLessThan(16)
    expect(idsOf(resultOf(lookup).closest)).toEqual(closestIds(world.peers, 8))
  })

  it('asks first those that take no new connection', () => {
    const strangers = crowd(8)
    const friend = peer('friend', { connected: true, position: strangers[7]?.position ?? target })
    const closest = closestPeers([...strangers.slice(0, 7), friend], target, 8)
    expect(nextToAsk(startLookup(target, 8, closest))[0]).toBe(friend)
  })

  it('is over where there is nobody to ask', () => {
    const lookup = startLookup(target, 8, [])
    expect(isDone(lookup)).toBe(true)
    expect(nextToAsk(lookup)).toEqual([])
    expect(resultOf(lookup).closest).toEqual([])
  })

  it('waits for a slow answer only when too few have come, and takes it when it comes', () => {
    const [one, other] = crowd(2) as [LookupPeer, LookupPeer]
    let lookup = note(note(startLookup(target, 8, [one, other]), one.peerId, 'asked'), other.peerId, 'asked')
    lookup = note(note(lookup, one.peerId, 'answered'), other.peerId, 'slow')
    expect(isDone(lookup)).toBe(false)
    expect(resultOf(lookup).certain).toBe(false)
    lookup = note(lookup, other.peerId, 'answered')
    expect(isDone(lookup)).toBe(true)
    expect(note(lookup, other.peerId, 'slow')).toEqual(lookup)
    expect(resultOf(lookup).certain).toBe(true)
  })

  it('counts nobody as slow who was not asked, and asks it then', () => {
    const lookup = startLookup(target, 8, [peer('unasked')])
    expect(nextToAsk(note(lookup, 'unasked', 'slow')).map(({ peerId }) => peerId)).toEqual(['unasked'])
  })

  it('asks 40 at most, however many are made up', () => {
    let lookup = startLookup(target, 8, [peer('liar')])
    let asked = 0
    while (!isDone(lookup)) {
      for (const next of nextToAsk(lookup)) {
        asked++
        lookup = note(note(lookup, next.peerId, 'asked'), next.peerId, 'failed')
        lookup = hear(lookup, crowd(16, `made-up-by-${next.peerId}`), next.party)
      }
    }
    expect(asked).toBe(maxAsked)
    expect(lookup.entries.length).toBeLessThanOrEqual(256)
  })

  it('is not led astray by 20 of one party around the key', () => {
    const honest = crowd(10)
    const ground = Array.from({ length: 20 }, (_, index) =>
      peer(`sybil-${index}`, { party: 'ip4:192.0', position: Uint8Array.from([...target.subarray(0, 31), index]) }),
    )
    const world: World = {
      peers: [...honest, ...ground],
      known: new Map([
        ...honest.map(each => [each.peerId, [...honest, ...ground]] as const),
        ...ground.map(each => [each.peerId, ground] as const),
      ]),
      behaviour: () => 'answers',
    }
    const { lookup } = run(startLookup(target, 8, honest.slice(0, 3)), world, () => 0)
    const parties = resultOf(lookup).closest.map(({ party }) => party)
    expect(parties.filter(party => party === 'ip4:192.0')).toHaveLength(2)
  })
})
