import { createHash } from 'node:crypto'
import { peerIdFromString } from '@libp2p/peer-id'
import { RmaError } from '../../shared/errors.ts'
import { safeParse } from '../../shared/safe-parse.ts'
import {
  locationSchema,
  type PeerIdText,
  peerIdSchema,
  type ServiceType,
  serviceTypeSchema,
} from '../../shared/schema/primitives.ts'
import { remembering } from '../remembering.ts'

/** Peers whose places are remembered, some 150 bytes each. */
const mostPlaces = 16_384

const shardPattern = /^[0-9a-f]{1,4}$/

/** What a directory key asks for. */
export type DirectoryKey =
  | { kind: 'service'; service: ServiceType; shard?: string }
  | { kind: 'worker'; peerId: PeerIdText }
  | { kind: 'coordinator'; peerId: PeerIdText }
  | { kind: 'coordinators'; location?: string }
  | { kind: 'relays' }

/** A key as it travels, such as `service:ocr`. */
export type KeyText = string

/** A place in the key space of the DHT: 32 bytes. */
export type Position = Uint8Array

/** Longest key: `coordinator:` and a peer id of 62 characters, with room to spare. */
export const maxKeyLength = 80

/** How many DHT servers keep the records of a key. */
export const registrarsPerKey = 8
/**
 * Workers one registrar keeps under one key. Where a key is full, all its workers stand under keys as well that go on with the next
 * hexadecimal digit of their place: no registrar has to keep, nor stay connected with, more than this for a service, however large
 * the network is.
 */
export const workersPerKey = 256
/** Most digits of a shard: 16 million workers of one service. */
export const maxShardDigits = 4

/** The key of a service's workers, or of those of a shard: `service:ocr`, `service:ocr/3f`. */
export const serviceKey = (service: ServiceType, shard = ''): KeyText =>
  shard === '' ? `service:${service}` : `service:${service}/${shard}`

/** The shard with so many digits that a place in the key space belongs to. */
export function shardOf(position: Position, digits: number): string {
  return Buffer.from(position.subarray(0, maxShardDigits)).toString('hex').slice(0, digits)
}

export const workerKey = (peerId: PeerIdText): KeyText => `worker:${peerId}`
export const coordinatorKey = (peerId: PeerIdText): KeyText => `coordinator:${peerId}`
export const coordinatorsKey = (location?: string): KeyText =>
  location === undefined ? 'coordinators' : `coordinators:${location}`

/** Of donors that relay for others. */
export const relaysKey: KeyText = 'relays'

/** Reads a key; undefined where it is none. */
export function tryParseKey(text: string): DirectoryKey | undefined {
  if (text.length > maxKeyLength) return undefined
  if (text === 'coordinators') return { kind: 'coordinators' }
  if (text === relaysKey) return { kind: 'relays' }
  const colon = text.indexOf(':')
  const name = text.slice(colon + 1)
  switch (colon < 0 ? '' : text.slice(0, colon)) {
    case 'service':
      return parseServiceName(name)
    case 'worker':
      return safeParse(peerIdSchema, name).success ? { kind: 'worker', peerId: name } : undefined
    case 'coordinator':
      return safeParse(peerIdSchema, name).success ? { kind: 'coordinator', peerId: name } : undefined
    case 'coordinators':
      return safeParse(locationSchema, name).success ? { kind: 'coordinators', location: name } : undefined
    default:
      return undefined
  }
}

function parseServiceName(name: string): DirectoryKey | undefined {
  const [service = '', shard, ...more] = name.split('/')
  if (!safeParse(serviceTypeSchema, service).success || more.length > 0) return undefined
  if (shard === undefined) return { kind: 'service', service }
  return shardPattern.test(shard) ? { kind: 'service', service, shard } : undefined
}

/** Reads a key. Throws BAD_REQUEST where it is none. */
export function parseKey(text: string): DirectoryKey {
  const key = tryParseKey(text)
  if (key === undefined)
    throw new RmaError(
      'BAD_REQUEST',
      `expected service:<type>[/<shard>], worker:<peer id>, coordinator:<peer id>, coordinators[:<location>] or relays, got ${JSON.stringify(text.slice(0, maxKeyLength))}`,
    )
  return key
}

/**
 * Where a key lies in the key space: the SHA-256 of its text. Shards of the same digits lie together, whatever the service:
 * a worker that offers several has to do with the registrars of one.
 */
export const keyPosition: (key: KeyText) => Position = remembering(key => {
  const slash = key.indexOf('/')
  const text = slash < 0 ? key : `shard${key.slice(slash)}`
  return createHash('sha256').update(text, 'utf8').digest()
}, mostPlaces)

/**
 * Where a peer lies in the key space, as kad-dht places it: the SHA-256 of its id's multihash. Lookups come upon the same peers
 * again and again, and reading the text of an id takes longer than the rest.
 */
export const peerPosition: (peerId: PeerIdText) => Position = remembering(
  peerId => createHash('sha256').update(peerIdFromString(peerId).toMultihash().bytes).digest(),
  mostPlaces,
)

/** Kademlia's distance, XOR, in a form that sorts: 64 hex digits. */
export function distance(a: Position, b: Position): string {
  const bytes = Buffer.allocUnsafe(a.length)
  for (let index = 0; index < a.length; index++) bytes[index] = Number(a[index]) ^ Number(b[index])
  return bytes.toString('hex')
}

/** Whether `a` lies closer to `position` than `b`. */
export function isCloser(a: Position, b: Position, position: Position): boolean {
  for (let index = 0; index < position.length; index++) {
    const byte = Number(position[index])
    const nearer = Number(a[index]) ^ byte
    const farther = Number(b[index]) ^ byte
    if (nearer !== farther) return nearer < farther
  }
  return false
}

/** The `count` of `peers` that lie closest to `position`, closest first. */
export function closestPeers<T extends { position: Position }>(
  peers: Iterable<T>,
  position: Position,
  count: number,
): T[] {
  const placed = Array.from(peers, peer => ({ peer, near: firstBits(peer.position, position) }))
  const order = (a: Placed<T>, b: Placed<T>) =>
    a.near - b.near || compareCloseness(a.peer.position, b.peer.position, position)
  // Where few are wanted of many, nearly all are farther than those chosen so far: sorting them would be in vain.
  const chosen = placed.length > 4 * count ? firstInOrder(placed, count, order) : placed.sort(order).slice(0, count)
  return chosen.map(({ peer }) => peer)
}

interface Placed<T> {
  peer: T
  near: number
}

function firstInOrder<T>(items: readonly T[], count: number, order: (a: T, b: T) => number): T[] {
  const first: T[] = []
  for (const item of items) {
    const last = first[count - 1]
    if (last !== undefined && order(item, last) >= 0) continue
    const before = first.findLastIndex(other => order(other, item) <= 0)
    first.splice(before + 1, 0, item)
    if (first.length > count) first.pop()
  }
  return first
}

/** The first 48 bits of the distance, as a number: they alone tell nearly all places apart, at a tenth of the cost. */
function firstBits(a: Position, b: Position): number {
  let bits = 0
  for (let index = 0; index < 6; index++) bits = bits * 256 + (Number(a[index]) ^ Number(b[index]))
  return bits
}

function compareCloseness(a: Position, b: Position, position: Position): number {
  if (isCloser(a, b, position)) return -1
  return isCloser(b, a, position) ? 1 : 0
}
