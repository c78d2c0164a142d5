import type { PeerIdText } from '../../shared/schema/primitives.ts'
import { type KnownRecord, knownPrefixLength } from './frames.ts'
import type { RegistryEntry } from './registry-entry.ts'

/** What a registrar answers to `find`, as the frame `found` carries it. */
export interface FindResult {
  /** Records the asker does not know. */
  records: Uint8Array[]
  /** Newest renewals of `records` and of known records, where later than what the asker knows. */
  renewals: Uint8Array[]
  /** Places in `known` of the records that are part of the answer. */
  kept: number[]
  /** How many workers fit the question. */
  total: number
  /** Whether all of them, and others, stand under the keys that go on with one digit more. */
  full?: true
  /** Who signed `records`. */
  signers: PeerIdText[]
}

/** Puts together what an asker needs to hold `entries` as the registrar does, within `maxBytes`. Pure. */
export function composeAnswer(
  entries: readonly RegistryEntry[],
  known: readonly KnownRecord[],
  total: number,
  maxBytes: number,
): FindResult {
  const heard = new Map(known.map(([prefix, seq], place) => [prefix, { place, seq }]))
  const answer: FindResult = { records: [], renewals: [], kept: [], total, signers: [] }
  let bytes = 0
  for (const { peerId, hash, seq, record, renewal } of entries) {
    const known = heard.get(hash.slice(0, knownPrefixLength))
    const isNews = renewal !== undefined && (known === undefined || known.seq < seq)
    bytes += (known === undefined ? record.length : 0) + (isNews ? renewal.length : 0)
    if (bytes > maxBytes) break
    if (known === undefined) {
      answer.records.push(record)
      answer.signers.push(peerId)
    } else answer.kept.push(known.place)
    if (isNews) answer.renewals.push(renewal)
  }
  return answer
}
