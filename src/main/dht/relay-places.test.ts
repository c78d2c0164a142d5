import { generateKeyPair } from '@libp2p/crypto/keys'
import type { Connection, PeerId, Stream } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { beforeEach, expect, it } from 'vitest'
import { RelayPlaces, type RelayPlacesComponents, type RelayPlacesInit } from './relay-places.ts'

type Reservations = ReturnType<RelayPlacesComponents['reservations']>
type Reservation = NonNullable<ReturnType<Reservations['get']>>

const one = '/ip4/192.0.2.1/tcp/4001'
const other = '/ip4/192.0.2.2/tcp/4001'

let connections: Connection[]
let reservations: Reservations
let cleared: number
let places: RelayPlaces

beforeEach(() => {
  connections = []
  reservations = keyedByPeer()
  cleared = 0
  limit({ reservationsOfAddress: 2, streamsOfAddress: 2 })
})

/** As libp2p's map of peers: two ids that say the same are one key. */
function keyedByPeer(): Reservations {
  const kept = new Map<string, Reservation>()
  const map = {
    get: (peer: PeerId) => kept.get(peer.toString()),
    has: (peer: PeerId) => kept.has(peer.toString()),
    set: (peer: PeerId, reservation: Reservation) => void kept.set(peer.toString(), reservation),
    delete: (peer: PeerId) => kept.delete(peer.toString()),
    values: () => kept.values(),
    get size() {
      return kept.size
    },
  }
  return map as unknown as Reservations
}

function limit(init: RelayPlacesInit): void {
  const getConnections = (peer?: PeerId) => connections.filter(({ remotePeer }) => peer?.equals(remotePeer) === true)
  places = new RelayPlaces({ connectionManager: { getConnections }, reservations: () => reservations }, init)
}

async function comes(from: string, peer?: PeerId): Promise<Connection> {
  const remotePeer = peer ?? peerIdFromPrivateKey(await generateKeyPair('Ed25519'))
  const connection = Object.assign(new EventTarget(), { remotePeer, remoteAddr: multiaddr(from) })
  connections.push(connection as unknown as Connection)
  return connection as unknown as Connection
}

function leaves(connection: Connection): void {
  connections.splice(connections.indexOf(connection), 1)
  connection.dispatchEvent(new Event('close'))
}

/** As libp2p's relay does. */
function reserves(connection: Connection): boolean {
  const { remotePeer: peer, remoteAddr: addr } = connection
  places.admit(new EventTarget() as unknown as Stream, connection)
  if (places.denies(peer)) return false
  const signal = { clear: () => cleared++ }
  reservations.set(peer, { addr, expiry: new Date(), signal } as unknown as Reservation)
  return true
}

function asks(connection: Connection): { heard: boolean; end: () => void } {
  const stream = new EventTarget()
  const heard = places.admit(stream as unknown as Stream, connection)
  return { heard, end: () => stream.dispatchEvent(new Event('close')) }
}

it('gives those of one address so many reservations, renews them, and gives others theirs', async () => {
  limit({ reservationsOfAddress: 2, streamsOfAddress: 100 })
  const first = await comes(one)
  expect([reserves(first), reserves(await comes(one)), reserves(await comes(one))]).toEqual([true, true, false])
  expect([reserves(first), reserves(await comes(other))]).toEqual([true, true])
})

it('frees the place of who has gone, once its last connection is closed', async () => {
  const connection = await comes(one)
  const second = await comes(one, connection.remotePeer)
  reserves(connection)
  asks(second).end()
  leaves(connection)
  expect(reservations.size).toBe(1)
  leaves(second)
  expect([reservations.size, cleared]).toEqual([0, 1])
})

it('hears those of one address so often at once, and again when something has ended', async () => {
  const connection = await comes(one)
  const [first, , third] = [asks(connection), asks(await comes(one)), asks(connection)]
  expect([first.heard, third.heard, asks(await comes(other)).heard]).toEqual([true, false, true])
  first.end()
  expect(asks(connection).heard).toBe(true)
})
