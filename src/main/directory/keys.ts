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

/** What a directory key asks for. */
export type DirectoryKey =
  | { kind: 'service'; service: ServiceType }
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

export const serviceKey = (service: ServiceType): KeyText => `service:${service}`
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
      return safeParse(serviceTypeSchema, name).success ? { kind: 'service', service: name } : undefined
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

/** Reads a key. Throws BAD_REQUEST where it is none. */
export function parseKey(text: string): DirectoryKey {
  const key = tryParseKey(text)
  if (key === undefined)
    throw new RmaError(
      'BAD_REQUEST',
      `expected service:<type>, worker:<peer id>, coordinator:<peer id>, coordinators[:<location>] or relays, got ${JSON.stringify(text.slice(0, maxKeyLength))}`,
    )
  return key
}

/** Where a key lies in the key space: the SHA-256 of its text. */
export function keyPosition(key: KeyText): Position {
  return createHash('sha256').update(key, 'utf8').digest()
}

/** Where a peer lies in the key space, as kad-dht places it: the SHA-256 of its id's multihash. */
export function peerPosition(peerId: PeerIdText): Position {
  return createHash('sha256').update(peerIdFromString(peerId).toMultihash().bytes).digest()
}

/** Kademlia's distance, XOR, in a form that sorts: 64 hex digits. */
export function distance(a: Position, b: Position): string {
  return Buffer.from(a.map((byte, index) => byte ^ Number(b[index]))).toString('hex')
}

/** Whether `a` lies closer to `position` than `b`. */
export function isCloser(a: Position, b: Position, position: Position): boolean {
  for (const [index, byte] of position.entries()) {
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
  return [...peers]
    .map(peer => ({ peer, distance: distance(peer.position, position) }))
    .sort((a, b) => (a.distance < b.distance ? -1 : a.distance > b.distance ? 1 : 0))
    .slice(0, count)
    .map(entry => entry.peer)
}
