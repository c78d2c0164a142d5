import type { PeerIdText } from '../../shared/schema/primitives.ts'
import type { WorkerView } from '../../shared/schema/worker.ts'
import type { Milliseconds } from '../../shared/units.ts'
import type { EnvelopeCache } from './envelope-cache.ts'
import { type FoundFrame, type KnownRecord, knownPrefixLength } from './frames.ts'
import type { DirectoryKey } from './keys.ts'
import { checkTimes, type RecordHash, type UnverifiedRecord, type VerifiedRecord } from './record.ts'
import { entitles } from './registry-entry.ts'
import { checkRenewalTime, type UnverifiedRenewal } from './renewal.ts'

/** A worker some registrar named: its newest record and renewal, their signatures not necessarily checked yet. */
export interface Candidate {
  record: UnverifiedRecord | VerifiedRecord
  renewal?: UnverifiedRenewal
  /** The renewal before it, which was checked: what counts if the newest turns out to be false. */
  sureRenewal?: UnverifiedRenewal
}

export type Candidates = Map<PeerIdText, Candidate>

const claimsOf = (record: Candidate['record']) => (record.verified ? record : record.claims)

/** The highest seq a candidate claims. */
export function seqOf({ record, renewal }: Candidate): number {
  return renewal?.claims.seq ?? claimsOf(record).record.seq
}

/**
 * How a question says what the asker already holds; `found.kept` counts by this order. A renewal whose signature has not
 * been checked does not count: a made-up one with a high seq would keep true ones away.
 */
export function describeKnown(known: readonly Candidate[], envelopes: EnvelopeCache): KnownRecord[] {
  return known.map(candidate => {
    const { record } = candidate
    return [record.hash.slice(0, knownPrefixLength), seqOf(withoutUnchecked(candidate, envelopes))]
  })
}

function withoutUnchecked({ record, renewal, sureRenewal }: Candidate, envelopes: EnvelopeCache): Candidate {
  const sure = renewal !== undefined && envelopes.renewals.outcomeOf(renewal) === true ? renewal : sureRenewal
  return sure === undefined ? { record } : { record, renewal: sure }
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
    if (candidate !== undefined) add(withoutUnchecked(candidate, envelopes))
  }
  for (const bytes of found.records) {
    const record = attempt(() => envelopes.read(bytes))
    if (record !== undefined && entitles(claimsOf(record), key)) add({ record })
  }
  for (const bytes of found.renewals) {
    const renewal = attempt(() => envelopes.renewals.read(bytes))
    if (renewal === undefined) continue
    const candidate = candidates.get(byHash.get(renewal.claims.recordHash) ?? '')
    if (candidate !== undefined && renewal.claims.seq > seqOf(candidate)) candidate.renewal = renewal
  }
  return candidates
}

/** Whether an answer names each worker that this node knew of and that may still be there. */
export function namesAll(found: Candidates, before: Candidates, now: Milliseconds): boolean {
  return [...before].every(([peerId, { record }]) => {
    const mayBeThere = record.verified && record.record.state !== 'left' && record.record.expiresAt > now
    return !mayBeThere || found.has(peerId)
  })
}

/**
 * Adds what this node knew before of the workers an answer names: an answer with something older takes nothing back, and
 * what is newer counts until its signature is checked, for it is what one asks for.
 */
export function continueFrom(
  before: Candidates,
  found: Candidates,
  { envelopes, now }: { envelopes: EnvelopeCache; now: Milliseconds },
): void {
  for (const [peerId, candidate] of found) {
    const known = before.get(peerId)
    if (known === undefined) continue
    if (known.record.hash !== candidate.record.hash) found.set(peerId, latest(known, candidate, envelopes, now))
    else if (seqOf(candidate) <= seqOf(known)) found.set(peerId, known)
    else {
      const { renewal } = withoutUnchecked(known, envelopes)
      if (renewal !== undefined) candidate.sureRenewal = renewal
    }
  }
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
  if (a.renewal === undefined || b.renewal === undefined || a.renewal === b.renewal) return a.renewal === b.renewal
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
 * What a candidate says, once its record's signature and times are checked. Undefined where the record does not hold or the
 * worker has left. A renewal that is known not to hold is dropped, and the record alone counts; one that has not been
 * checked is taken at its word, which is for the caller to check, before or after. Times are on this node's clock.
 */
export function viewOf(candidate: Candidate, envelopes: EnvelopeCache, now: Milliseconds): WorkerView | undefined {
  const verified = verifyRecord(candidate, envelopes, now)
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

/** Checks the renewals of candidates, on another thread, drops those that do not hold and returns whose they were. */
export async function dropFalseRenewals(
  candidates: readonly Candidate[],
  envelopes: EnvelopeCache,
): Promise<Candidate[]> {
  const checks = candidates.map(async candidate => {
    const { record, renewal } = candidate
    if (renewal === undefined || !record.verified) return false
    const holds = await envelopes.renewals.holdsAside(renewal, record)
    if (!holds && candidate.renewal === renewal) dropRenewal(candidate)
    return !holds
  })
  const refuted = await Promise.all(checks)
  return candidates.filter((_, index) => refuted[index])
}

/** Checks a candidate's record and, at once, its renewal, which is dropped where it does not hold. */
function verify(candidate: Candidate, envelopes: EnvelopeCache, now: Milliseconds): VerifiedRecord | undefined {
  const record = verifyRecord(candidate, envelopes, now)
  const { renewal } = candidate
  if (record !== undefined && renewal !== undefined && !envelopes.renewals.holds(renewal, record))
    dropRenewal(candidate)
  return record
}

function dropRenewal(candidate: Candidate): void {
  const { sureRenewal } = candidate
  delete candidate.renewal
  if (sureRenewal !== undefined) candidate.renewal = sureRenewal
}

function verifyRecord(candidate: Candidate, envelopes: EnvelopeCache, now: Milliseconds): VerifiedRecord | undefined {
  const verified = attempt(() => {
    const record = envelopes.verify(candidate.record)
    checkTimes(record.record, now)
    return record
  })
  if (verified === undefined) return undefined
  candidate.record = verified
  const { renewal } = candidate
  if (renewal !== undefined && !isDated(renewal, now)) dropRenewal(candidate)
  return verified
}

function isDated({ claims }: UnverifiedRenewal, now: Milliseconds): boolean {
  return attempt(() => checkRenewalTime(claims, now) ?? true) === true
}

/** What `read` returns, or undefined where it refuses: what strangers sent may be anything. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
