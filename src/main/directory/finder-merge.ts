import type { PeerIdText } from '../../shared/schema/primitives.ts'
import type { WorkerView } from '../../shared/schema/worker.ts'
import type { Milliseconds } from '../../shared/units.ts'
import type { EnvelopeCache } from './envelope-cache.ts'
import { type FoundFrame, type KnownRecord, knownPrefixLength } from './frames.ts'
import type { DirectoryKey } from './keys.ts'
import { checkTimes, type RecordHash, type UnverifiedRecord, type VerifiedRecord } from './record.ts'
import { entitles } from './registry-entry.ts'
import { checkRenewalTime, readRenewal, type UnverifiedRenewal, verifyRenewal } from './renewal.ts'

/** A worker some registrar named: its newest record and renewal, their signatures not necessarily checked yet. */
export interface Candidate {
  record: UnverifiedRecord | VerifiedRecord
  renewal?: UnverifiedRenewal
}

export type Candidates = Map<PeerIdText, Candidate>

const claimsOf = (record: Candidate['record']) => (record.verified ? record : record.claims)

/** The highest seq a candidate claims. */
export function seqOf({ record, renewal }: Candidate): number {
  return renewal?.claims.seq ?? claimsOf(record).record.seq
}

/** How a question says what the asker already holds; `found.kept` counts by this order. */
export function describeKnown(known: readonly Candidate[]): KnownRecord[] {
  return known.map(candidate => [candidate.record.hash.slice(0, knownPrefixLength), seqOf(candidate)])
}

/** What an answer is read by. */
export interface Reading {
  key: DirectoryKey
  /** What the question said the asker holds, in its order. */
  known: readonly Candidate[]
  envelopes: EnvelopeCache
}

/**
 * What one answer names, with what the asker knew filled in. Records that cannot be read or do not list the key, and
 * renewals that cannot be read, are left out: a registrar that sends them only makes itself useless.
 */
export function readFound(found: FoundFrame, { key, known, envelopes }: Reading): Candidates {
  const candidates: Candidates = new Map()
  const byHash = new Map<RecordHash, PeerIdText>()
  const add = (candidate: Candidate) => {
    const { peerId } = claimsOf(candidate.record)
    candidates.set(peerId, candidate)
    byHash.set(candidate.record.hash, peerId)
  }
  for (const place of found.kept) {
    const candidate = known[place]
    if (candidate !== undefined) add({ ...candidate })
  }
  for (const bytes of found.records) {
    const record = attempt(() => envelopes.read(bytes))
    if (record !== undefined && entitles(claimsOf(record), key)) add({ record })
  }
  for (const bytes of found.renewals) {
    const renewal = attempt(() => readRenewal(bytes))
    if (renewal === undefined) continue
    const candidate = candidates.get(byHash.get(renewal.claims.recordHash) ?? '')
    if (candidate !== undefined && renewal.claims.seq > seqOf(candidate)) candidate.renewal = renewal
  }
  return candidates
}

/** Where several answers speak of one worker, the latest that its key has signed counts. */
export function mergeInto(all: Candidates, more: Candidates, envelopes: EnvelopeCache, now: Milliseconds): void {
  for (const [peerId, candidate] of more) {
    const known = all.get(peerId)
    all.set(peerId, known === undefined ? candidate : latest(known, candidate, envelopes, now))
  }
}

/**
 * The later of the two, if it holds. Signatures are checked here only where answers differ: else a registrar could hide
 * any worker behind a forgery with a higher seq.
 */
function latest(a: Candidate, b: Candidate, envelopes: EnvelopeCache, now: Milliseconds): Candidate {
  const [later, earlier] = seqOf(b) > seqOf(a) ? [b, a] : [a, b]
  if (isSame(later, earlier)) return later
  if (verify(later, envelopes, now) === undefined) return earlier
  // A renewal that does not hold has been dropped from it.
  return seqOf(later) >= seqOf(earlier) ? later : earlier
}

function isSame(a: Candidate, b: Candidate): boolean {
  if (a.record.hash !== b.record.hash) return false
  if (a.renewal === undefined || b.renewal === undefined) return a.renewal === b.renewal
  return Buffer.compare(a.renewal.bytes, b.renewal.bytes) === 0
}

/** Whoever claims the most free capacity first: only as many are verified as are asked for. */
export function inRankOrder(candidates: Candidates): Candidate[] {
  return [...candidates.values()]
    .map(candidate => ({ candidate, load: candidate.renewal?.claims.load ?? claimsOf(candidate.record).record.load }))
    .sort((a, b) => a.load - b.load)
    .map(({ candidate }) => candidate)
}

/**
 * Checks a candidate's signatures and times. Undefined where its record does not hold or the worker has left; a renewal
 * that does not hold is dropped and the record alone counts. The result's times are on this node's clock.
 */
export function verifyCandidate(
  candidate: Candidate,
  envelopes: EnvelopeCache,
  now: Milliseconds,
): WorkerView | undefined {
  const verified = verify(candidate, envelopes, now)
  if (verified === undefined || verified.record.state === 'left') return undefined
  const { load, queue, state, issuedAt } = candidate.renewal?.claims ?? verified.record
  return {
    peerId: verified.peerId,
    record: verified.record,
    load,
    queue,
    state,
    updatedAt: Math.min(issuedAt, now),
    expiresAt: verified.record.expiresAt,
  }
}

function verify(candidate: Candidate, envelopes: EnvelopeCache, now: Milliseconds): VerifiedRecord | undefined {
  const verified = attempt(() => {
    const record = envelopes.verify(candidate.record)
    checkTimes(record.record, now)
    return record
  })
  if (verified === undefined) return undefined
  candidate.record = verified
  dropFalseRenewal(candidate, verified, envelopes.networkId, now)
  return verified
}

/** Renewals that were checked for this record before, so that one heard again costs nothing. */
const checkedRenewals = new WeakSet<UnverifiedRenewal>()

function dropFalseRenewal(candidate: Candidate, record: VerifiedRecord, networkId: string, now: Milliseconds): void {
  const { renewal } = candidate
  if (renewal === undefined) return
  const holds = attempt(() => {
    if (!checkedRenewals.has(renewal)) verifyRenewal(renewal, record, networkId)
    checkedRenewals.add(renewal)
    checkRenewalTime(renewal.claims, now)
    return true
  })
  if (holds === undefined) delete candidate.renewal
}

/** What `read` returns, or undefined where it refuses: what strangers sent may be anything. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
