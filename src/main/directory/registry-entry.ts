import { lacking } from '../../shared/particulars.ts'
import type { PeerIdText } from '../../shared/schema/primitives.ts'
import type { Choice, WorkerRecord, WorkerState } from '../../shared/schema/worker.ts'
import type { Milliseconds } from '../../shared/units.ts'
import type { FindFilter } from './frames.ts'
import { type DirectoryKey, type KeyText, parseKey, peerPosition, shardOf } from './keys.ts'
import type { RecordHash, UnverifiedRecord, VerifiedRecord } from './record.ts'
import { refused } from './refusal.ts'

/** Something later by the same worker is held; here it is. */
export interface Stale {
  readonly kind: 'stale'
  readonly record: Uint8Array
  readonly renewal?: Uint8Array
}

/** Workers that stand under one key. Kept as an array, so that a random one costs the same however many there are. */
export interface KeyIndex {
  readonly key: KeyText
  /** Address group of the worker that used the key first. */
  readonly group: string | undefined
  readonly entries: RegistryEntry[]
  /** None of the entries expires before this. */
  nextExpiry: Milliseconds
}

/**
 * What a registrar keeps of a worker: the signed bytes and, beside them, only what finding needs. The decoded record
 * would take several times as much memory.
 */
export interface RegistryEntry {
  readonly peerId: PeerIdText
  /** 32 bits of the peer's place: what a sample with a seed is drawn by. */
  readonly mark: number
  /** The signed envelope. */
  record: Uint8Array
  hash: RecordHash
  /** The newest renewal of that record. */
  renewal?: Uint8Array
  /** The highest heard, of record or renewal. */
  seq: number
  load: number
  state: WorkerState
  gpu: boolean
  choices: readonly Choice[] | undefined
  location: string | undefined
  /** When the record expires. */
  expiresAt: Milliseconds
  /** When the last of all records heard from this worker expires: until then an old one could be replayed. */
  lastExpiresAt: Milliseconds
  /** Address group the worker announced from. */
  group: string | undefined
  indexes: KeyIndex[]
}

/** Whether the worker may be part of an answer. */
export function isLive(entry: RegistryEntry, now: Milliseconds): boolean {
  return entry.state !== 'left' && entry.expiresAt > now
}

/** Whether the worker is one of those wanted under `key`. */
export function fits(entry: RegistryEntry, filter: FindFilter, key: DirectoryKey): boolean {
  return (
    (key.kind !== 'service' || lacking(entry.choices, key.service, filter) === undefined) &&
    (filter.gpu === undefined || entry.gpu === filter.gpu) &&
    (filter.location === undefined || entry.location === filter.location) &&
    (filter.states === undefined || filter.states.some(state => state === entry.state))
  )
}

/** A worker with nothing free still has a small chance: its load may be old. */
const leastCapacity = 0.01

/** Share of a worker that is free, as far as it says: what the random sample is weighted by. */
export function freeCapacity(entry: RegistryEntry): number {
  return entry.state === 'donating' ? Math.max(leastCapacity, 1 - entry.load) : leastCapacity
}

/** An entry for a worker of which nothing is held yet. */
export function newEntry({ peerId, record, bytes, hash }: VerifiedRecord, group: string | undefined): RegistryEntry {
  const mark = Buffer.from(peerPosition(peerId)).readInt32BE()
  return { ...recordFields(record, bytes, hash), peerId, mark, lastExpiresAt: record.expiresAt, group, indexes: [] }
}

/** Puts a later record into a worker's entry; renewals of the one before go with it. */
export function replaceRecord(
  entry: RegistryEntry,
  { record, bytes, hash }: VerifiedRecord,
  group: string | undefined,
): void {
  Object.assign(entry, recordFields(record, bytes, hash), { group })
  delete entry.renewal
  entry.lastExpiresAt = Math.max(entry.lastExpiresAt, record.expiresAt)
}

function recordFields(record: WorkerRecord, bytes: Uint8Array, hash: RecordHash) {
  const { seq, load, state, location, expiresAt, capabilities, choices } = record
  // A copy (which slice() of a Buffer is not): the bytes are often a view into a frame, which would stay alive.
  return {
    record: new Uint8Array(bytes),
    hash,
    seq,
    load,
    state,
    location,
    expiresAt,
    gpu: capabilities.gpus.length > 0,
    choices,
  }
}

/** Bytes that count towards the registrar's quota. */
export function sizeOf(entry: RegistryEntry): number {
  return entry.record.length + (entry.renewal?.length ?? 0)
}

/**
 * Compares what a worker sends with what is held of it: undefined where it is later, otherwise what is held.
 * Throws RECORD_REFUSED (equal-seq).
 */
export function compareSeq(entry: RegistryEntry, seq: number): Stale | undefined {
  if (seq > entry.seq) return undefined
  if (seq === entry.seq) throw refused('equal-seq', `seq ${seq} was already used for something else`, { seq })
  const { record, renewal } = entry
  return renewal === undefined ? { kind: 'stale', record } : { kind: 'stale', record, renewal }
}

type Claims = UnverifiedRecord['claims']

/** Whether a record allows its signer to stand under `key`, leaving aside the role that the key needs. */
export function entitles({ peerId, record }: Claims, key: DirectoryKey): boolean {
  switch (key.kind) {
    case 'service':
      return record.services.includes(key.service) && (key.shard === undefined || isInShard(peerId, key.shard))
    case 'worker':
    case 'coordinator':
      return key.peerId === peerId
    case 'coordinators':
      return key.location === undefined || key.location === record.location
    case 'relays':
      return record.relays === true
  }
}

function isInShard(peerId: PeerIdText, shard: string): boolean {
  return shardOf(peerPosition(peerId), shard.length) === shard
}

/** Throws BAD_REQUEST for what is no key, RECORD_REFUSED (key-not-listed) for one the record does not entitle to. */
export function checkEntitled(claims: Claims, keys: readonly KeyText[]): void {
  for (const text of keys) {
    if (!entitles(claims, parseKey(text)))
      throw refused('key-not-listed', `the record of ${claims.peerId} does not name what ${text} asks for`, {
        key: text,
      })
  }
}
