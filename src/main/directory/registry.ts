import { RmaError } from '../../shared/errors.ts'
import type { PeerIdText } from '../../shared/schema/primitives.ts'
import { MiB, type Milliseconds, second } from '../../shared/units.ts'
import { type DeclinedKey, type FindFilter, type KnownRecord, maxFoundPayloadBytes } from './frames.ts'
import { type DirectoryKey, type KeyText, parseKey, workersPerKey } from './keys.ts'
import { RateLimit } from './rate-limit.ts'
import {
  checkLife,
  checkTimes,
  maxClockSkewMs,
  maxRecordLifeMs,
  openRecord,
  readRecord,
  signerKey,
  type VerifiedRecord,
  verifyRecord,
} from './record.ts'
import { refused } from './refusal.ts'
import { composeAnswer, type FindResult } from './registry-answer.ts'
import {
  checkEntitled,
  compareSeq,
  entitles,
  fits,
  freeCapacity,
  isLive,
  newEntry,
  type RegistryEntry,
  replaceRecord,
  type Stale,
  sizeOf,
} from './registry-entry.ts'
import { RegistryIndex } from './registry-index.ts'
import { chooseToGiveWay, isFull } from './registry-room.ts'
import { checkRenewalSignature, checkRenewalTime, readRenewal, type UnverifiedRenewal } from './renewal.ts'
import { type Random, steadySample, weightedSample } from './sample.ts'

export interface RegistryComponents {
  /** Whether a peer may be found as what it says it is: donors under `service:*` keys, coordinators under `coordinator*`. */
  hasRole(peerId: PeerIdText, role: 'donor' | 'coordinator'): boolean
  /** Whether this registrar is one of those of `key`. Without it, it is one of every key. */
  keeps?(key: KeyText): boolean
  /** Whether this node takes hardly any more connections, so that workers may not get to it. Without it, it takes them all. */
  isCrowded?(): boolean
}

export interface RegistryInit {
  networkId: string
  /** Most workers kept, those only kept against replay included. Default 16,384. */
  maxWorkers?: number
  /** Most bytes of records and renewals kept. Default 16 MiB. */
  maxBytes?: number
  /** Most workers kept under one key. Default 256. */
  maxWorkersPerKey?: number
  /** Most keys that have any workers, at most a quarter of them from one address group. Default 16,384. */
  maxKeys?: number
  /** Announcements and renewals one peer may send at once. Default 20. */
  announceBurst?: number
  /** Announcements and renewals one peer may send in the long run. Default 1. */
  announcesPerSecond?: number
}

export interface Announcement {
  /** The keys under which the announcer asks for its record to be kept. */
  keys: readonly KeyText[]
  /** Peer at the other end of the connection the announcement came over. */
  from: PeerIdText
  /** Group of that connection's remote address: groups share the room fairly when it runs out. */
  group?: string
  /** On this node's corrected clock. */
  now: Milliseconds
}

/** `full`: keys it is kept under, and whose workers are to stand under those with one digit more as well. */
export interface Taken {
  kind: 'ok'
  declined: DeclinedKey[]
  full: KeyText[]
}
export type AnnounceResult = Taken | Stale
export type RenewResult = { kind: 'ok' } | Stale

export interface FindOptions {
  limit: number
  filter?: FindFilter
  known?: readonly KnownRecord[]
  /** Draws the same workers wherever it is used. */
  seed?: number
  now: Milliseconds
  random: Random
}

/** What of an entry outlives a restart. */
export interface StoredEntry {
  record: Uint8Array
  keys: KeyText[]
  lastExpiresAt: Milliseconds
  group?: string | undefined
}

/**
 * A registrar's store: one record for each worker, the highest seq counting for all its keys. Everything happens within
 * one call, so concurrent announcements cannot lose each other.
 */
export class Registry {
  readonly #components: RegistryComponents
  readonly #init: Required<RegistryInit>
  readonly #entries = new Map<PeerIdText, RegistryEntry>()
  readonly #index: RegistryIndex
  readonly #rate: RateLimit
  readonly #listeners = new Set<(peerId: PeerIdText) => void>()
  #bytes = 0

  constructor(components: RegistryComponents, init: RegistryInit) {
    this.#components = components
    this.#init = {
      maxWorkers: 16_384,
      maxBytes: 16 * MiB,
      maxWorkersPerKey: workersPerKey,
      maxKeys: 16_384,
      announceBurst: 20,
      announcesPerSecond: 1,
      ...init,
    }
    this.#index = new RegistryIndex(this.#init)
    this.#rate = new RateLimit({
      allowance: { burst: this.#init.announceBurst, perSecond: this.#init.announcesPerSecond },
      maxSources: this.#init.maxWorkers,
    })
  }

  /** Workers kept, those only kept against replay included; keys that have any; bytes of records and renewals. */
  get size(): { workers: number; keys: number; bytes: number } {
    return { workers: this.#entries.size, keys: this.#index.size, bytes: this.#bytes }
  }

  /**
   * Takes a record under the given keys, besides those of the worker's earlier records that it still entitles to. A
   * record that is declined for each of its keys, because others are closer to them, is not kept at all.
   * Throws RECORD_REFUSED with a reason, QUOTA_EXCEEDED (too often, or no room), BAD_REQUEST (not a key).
   */
  announce(bytes: Uint8Array, { keys, from, group, now }: Announcement): AnnounceResult {
    this.#countAnnounce(from, now)
    const read = readRecord(bytes)
    if (read.claims.peerId !== from) throw refused('foreign-key', `${from} brought a record of ${read.claims.peerId}`)
    checkTimes(read.claims.record, now)
    checkEntitled(read.claims, keys)
    const held = this.#entries.get(from)
    if (held?.hash === read.hash) return this.#enter(held, keys, now)
    const stale = held && compareSeq(held, read.claims.record.seq)
    if (stale !== undefined) return stale
    if (held === undefined && keys.length > 0 && !keys.some(key => this.#keeps(key)))
      return { kind: 'ok', declined: [...new Set(keys)].map(notRegistrar), full: [] }
    const record = verifyRecord(read, this.#init.networkId)
    const entry = this.#keep(record, group, now)
    const taken = this.#enter(entry, keys, now)
    // Room under none of its keys: nobody would find it here.
    if (held === undefined && keys.length > 0 && taken.declined.length === new Set(keys).size) this.#forget(entry)
    return taken
  }

  /**
   * Takes a renewal of the record held. Throws NOT_FOUND where that record is not held (the whole record is wanted),
   * RECORD_REFUSED with a reason, QUOTA_EXCEEDED (too often).
   */
  renew(bytes: Uint8Array, { from, now }: Pick<Announcement, 'from' | 'now'>): RenewResult {
    this.#countAnnounce(from, now)
    const renewal = readRenewal(bytes)
    const entry = this.#entries.get(from)
    if (entry === undefined || (entry.expiresAt <= now && entry.state !== 'left')) throw recordWanted(from)
    if (entry.renewal !== undefined && Buffer.compare(entry.renewal, bytes) === 0) return { kind: 'ok' }
    const stale = compareSeq(entry, renewal.claims.seq)
    if (stale !== undefined) return stale
    if (entry.state === 'left') throw refused('left', 'the worker has left; only a newer whole record brings it back')
    if (renewal.claims.recordHash !== entry.hash) throw recordWanted(from)
    checkRenewalTime(renewal.claims, now)
    checkRenewalSignature(renewal, signerKey(entry.record), this.#init.networkId)
    this.#applyRenewal(entry, renewal)
    return { kind: 'ok' }
  }

  /**
   * Live workers under a key: all, or where there are more than `limit`, a random sample weighted by free capacity.
   * Only what `known` does not cover is sent. Throws BAD_REQUEST (not a key).
   */
  find(key: KeyText, { limit, filter = {}, known = [], seed, now, random }: FindOptions): FindResult {
    const live = this.#under(key, now)
    const fitting = Object.keys(filter).length === 0 ? live : live.filter(entry => fits(entry, filter, parseKey(key)))
    const sample =
      seed === undefined
        ? weightedSample(fitting, limit, freeCapacity, random)
        : steadySample(fitting, limit, freeCapacity, { seed, markOf: entry => entry.mark })
    const answer = composeAnswer(sample, known, fitting.length, maxFoundPayloadBytes)
    return this.#isFull(key, live.length) ? { ...answer, full: true } : answer
  }

  /**
   * Takes expired workers out, and forgets those of which no record could be replayed any more. To be called now and
   * then: `find` leaves out what has expired without it.
   */
  expire(now: Milliseconds): void {
    this.#index.sweep(now)
    for (const entry of this.#entries.values()) {
      if (entry.lastExpiresAt + maxClockSkewMs <= now) this.#forget(entry)
    }
  }

  /** Calls `listener` after a worker's record or keys changed or were forgotten, until the returned function is called. */
  subscribe(listener: (peerId: PeerIdText) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** What is to be stored of a worker; undefined once it is forgotten. */
  stored(peerId: PeerIdText): StoredEntry | undefined {
    const entry = this.#entries.get(peerId)
    if (entry === undefined) return undefined
    const { record, lastExpiresAt, group, indexes } = entry
    const keys = indexes.map(index => index.key)
    return { record, lastExpiresAt, keys, ...(group === undefined ? {} : { group }) }
  }

  /**
   * Takes back what `stored` gave before a restart; verified anew, kept only where nothing later is held and it is of
   * use, which the result says. Throws RECORD_REFUSED, QUOTA_EXCEEDED, BAD_REQUEST (not a key).
   */
  restore({ record: bytes, keys, lastExpiresAt, group }: StoredEntry, now: Milliseconds): boolean {
    const record = openRecord(bytes, this.#init.networkId)
    checkLife(record.record, now)
    const held = this.#entries.get(record.peerId)
    const until = Math.max(record.record.expiresAt, Math.min(lastExpiresAt, now + maxRecordLifeMs + maxClockSkewMs))
    if (until + maxClockSkewMs <= now || (held !== undefined && held.seq >= record.record.seq)) return false
    // Keys that cannot be read refuse it before anything of it is kept.
    const entitled = keys.filter(key => entitles(record, parseKey(key)))
    const entry = this.#keep(record, group, now)
    entry.lastExpiresAt = Math.max(entry.lastExpiresAt, until)
    for (const key of entitled) this.#index.enter(entry, key, now)
    return true
  }

  #countAnnounce(from: PeerIdText, now: Milliseconds): void {
    if (this.#rate.take(from, now)) return
    const { announcesPerSecond } = this.#init
    throw new RmaError('QUOTA_EXCEEDED', `a peer may announce ${announcesPerSecond} times a second in the long run`, {
      retryAfterMs: Math.ceil(second / announcesPerSecond),
    })
  }

  /** Puts a verified record in the place of the one held, under the keys of that one which it still entitles to. */
  #keep(record: VerifiedRecord, group: string | undefined, now: Milliseconds): RegistryEntry {
    const held = this.#entries.get(record.peerId)
    const grows = record.bytes.length - (held === undefined ? 0 : sizeOf(held))
    this.#makeRoom(held, grows, group, now)
    const entry = held ?? newEntry(record, group)
    if (held !== undefined) replaceRecord(held, record, group)
    this.#entries.set(record.peerId, entry)
    this.#bytes += grows
    const gone = record.record.state === 'left'
    this.#index.leave(entry, key => gone || !entitles(record, parseKey(key)) || !this.#mayStand(entry, key))
    this.#index.noteExpiry(entry)
    this.#tell(entry)
    return entry
  }

  #makeRoom(held: RegistryEntry | undefined, grows: number, group: string | undefined, now: Milliseconds): void {
    const { maxWorkers, maxBytes } = this.#init
    const newcomers = held === undefined ? 1 : 0
    while (this.#entries.size + newcomers > maxWorkers || this.#bytes + grows > maxBytes) {
      const givesWay = chooseToGiveWay(this.#entries.values(), group, now)
      if (givesWay === undefined || givesWay === held)
        throw new RmaError('QUOTA_EXCEEDED', `this registrar has no room: ${maxWorkers} workers, ${maxBytes} bytes`)
      this.#forget(givesWay)
    }
  }

  /** Puts a worker under more keys; says which it cannot be put under, and why. */
  #enter(entry: RegistryEntry, keys: readonly KeyText[], now: Milliseconds): Taken {
    const taken: Taken = { kind: 'ok', declined: [], full: [] }
    const { declined, full } = taken
    if (entry.state === 'left') return taken
    for (const key of new Set(keys)) {
      if (!this.#keeps(key)) declined.push(notRegistrar(key))
      else if (!this.#mayStand(entry, key)) declined.push({ key, code: 'FORBIDDEN' })
      else if (parseKey(key).kind === 'worker') continue
      else if (!this.#index.enter(entry, key, now)) declined.push({ key, code: 'QUOTA_EXCEEDED' })
      else if (this.#isFull(key, this.#index.under(key, now).length)) full.push(key)
    }
    this.#tell(entry)
    return taken
  }

  /** Whether workers and askers are to go on to the keys with one digit more, so many workers being alive under this one. */
  #isFull(key: KeyText, live: number): boolean {
    if (parseKey(key).kind !== 'service') return false
    return isFull(live / this.#init.maxWorkersPerKey, () => this.#components.isCrowded?.() === true)
  }

  #mayStand({ peerId }: RegistryEntry, key: KeyText): boolean {
    const { kind } = parseKey(key)
    return kind === 'worker' || this.#components.hasRole(peerId, roleFor(kind))
  }

  #keeps(key: KeyText): boolean {
    return this.#components.keeps?.(key) ?? true
  }

  #applyRenewal(entry: RegistryEntry, { claims, bytes }: UnverifiedRenewal): void {
    this.#bytes += bytes.length - (entry.renewal?.length ?? 0)
    entry.renewal = new Uint8Array(bytes)
    entry.seq = claims.seq
    entry.load = claims.load
    entry.state = claims.state
  }

  #forget(entry: RegistryEntry): void {
    this.#index.leave(entry, () => true)
    this.#entries.delete(entry.peerId)
    this.#bytes -= sizeOf(entry)
    this.#tell(entry)
  }

  /** A worker's own key needs no index: there is one record for each worker. */
  #under(text: KeyText, now: Milliseconds): readonly RegistryEntry[] {
    const key = parseKey(text)
    if (key.kind !== 'worker') return this.#index.under(text, now)
    const entry = this.#entries.get(key.peerId)
    return entry !== undefined && isLive(entry, now) ? [entry] : []
  }

  #tell({ peerId }: RegistryEntry): void {
    for (const listener of this.#listeners) listener(peerId)
  }
}

/** What members are looked for as under such keys. */
function roleFor(kind: DirectoryKey['kind']): 'donor' | 'coordinator' {
  return kind === 'service' || kind === 'relays' ? 'donor' : 'coordinator'
}

function notRegistrar(key: KeyText): DeclinedKey {
  return { key, code: 'NOT_REGISTRAR' }
}

function recordWanted(peerId: PeerIdText): RmaError {
  return new RmaError('NOT_FOUND', `no record of ${peerId} that this renewal belongs to is held; announce the record`)
}
