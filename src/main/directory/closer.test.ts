import { multiaddr } from '@multiformats/multiaddr'
import { describe, expect, it } from 'vitest'
import { type Contact, contactAt } from '../dht/contacts.ts'
import { closestOf } from './closeness.ts'
import { nameCloser, readCloser } from './closer.ts'
import type { CloserPeer } from './frames.ts'
import { keyPosition, type Position } from './keys.ts'
import { peerIdTextOf } from './signing.ts'

const target = keyPosition('service:ocr')
const idOf = (index: number) => peerIdTextOf(Uint8Array.from([index, ...new Uint8Array(31)]))

function contact(index: number, address = `/ip4/10.0.0.${index}/tcp/1`): Contact {
  return contactAt(idOf(index), multiaddr(address), [address], true)
}

const knowing = (contacts: Contact[]) => ({ closest: (to: Position, count: number) => closestOf(contacts, to, count) })

describe('naming servers close to a place', () => {
  it('leaves the asker out, and names as many as were asked for, closest first', () => {
    const contacts = Array.from({ length: 9 }, (_, index) => contact(index + 1))
    const [first, ...rest] = closestOf(contacts, target, 9)
    const answer = nameCloser({ kind: 'closest', id: 7, target, limit: 4 }, knowing(contacts), first?.peerId ?? '')
    expect(answer).toMatchObject({ kind: 'closer', id: 7 })
    expect(answer.peers.map(({ peer }) => peer)).toEqual(rest.slice(0, 4).map(({ peerId }) => peerId))
  })

  it('names two of one address group before the others, however close its ids were ground', () => {
    const crowd = Array.from({ length: 9 }, (_, index) => contact(index + 1, `/ip4/5.6.0.${index}/tcp/1`))
    const others = Array.from({ length: 3 }, (_, index) => contact(index + 50, `/ip4/7.${index}.0.1/tcp/1`))
    const { peers } = nameCloser({ kind: 'closest', id: 1, target, limit: 5 }, knowing([...crowd, ...others]), '')
    const inCrowd = peers.filter(({ peer }) => crowd.some(({ peerId }) => peerId === peer))
    expect(inCrowd).toHaveLength(2)
  })
})

describe('reading who was named', () => {
  const said = multiaddr('/ip4/9.9.9.9/tcp/1')
  const self = idOf(200)
  const read = (peers: CloserPeer[], known?: Contact) =>
    readCloser({ kind: 'closer', id: 1, peers }, { self, said, contacts: { get: () => known } })

  it('takes their addresses as hearsay', () => {
    const [heard] = read([{ peer: idOf(1), addresses: ['/ip4/5.6.7.8/tcp/1', '/ip4/10.0.0.1/tcp/1'] }])
    expect(heard).toMatchObject({ peerId: idOf(1), addresses: ['/ip4/5.6.7.8/tcp/1'], connected: false })
    expect(heard).toMatchObject({ group: 'ip4:5.6', party: 'ip4:5.6' })
  })

  it('passes over itself, what is no peer id, and whom nobody could dial from here', () => {
    const addresses = ['/ip4/5.6.7.8/tcp/1']
    expect(read([{ peer: self, addresses }])).toEqual([])
    expect(read([{ peer: '1'.repeat(52), addresses }])).toEqual([])
    expect(read([{ peer: idOf(1), addresses: ['/ip4/127.0.0.1/tcp/1'] }])).toEqual([])
  })

  it('goes by what it knows itself of a peer it is connected with', () => {
    const known = contact(1)
    expect(read([{ peer: idOf(1), addresses: ['/ip4/5.6.7.8/tcp/1'] }], known)).toEqual([known])
  })

  it('need not look again at one that is named as it was before, unless that was on a LAN', () => {
    const [address, onLan] = ['/ip4/5.6.7.8/tcp/1', '/ip4/10.0.0.1/tcp/1']
    const heardOf = (at: string) => contactAt(idOf(1), multiaddr(at), [at], false)
    const known = heardOf(address)
    expect(read([{ peer: idOf(1), addresses: [address] }], known)[0]).toBe(known)
    expect(read([{ peer: idOf(1), addresses: ['/ip4/5.6.7.9/tcp/1'] }], known)).toMatchObject([
      { addresses: ['/ip4/5.6.7.9/tcp/1'] },
    ])
    expect(read([{ peer: idOf(1), addresses: [onLan] }], heardOf(onLan))).toEqual([])
  })

  it('refuses any other answer', () => {
    const context = { self, said, contacts: { get: () => undefined } }
    expect(() => readCloser({ kind: 'ok', id: 1 }, context)).toThrow('expected who is closer, got ok')
  })
})
