import type { PeerIdText } from '../../shared/schema/primitives.ts'
import type { StaleFrame } from './frames.ts'
import { openRecord } from './record.ts'
import { refused } from './refusal.ts'
import { readRenewal, verifyRenewal } from './renewal.ts'

/**
 * The highest seq that a registrar's answer `stale` proves to have been used by `self`. Without proof any registrar
 * could make a node use up its numbers. Expired records prove as much as others. Throws RECORD_REFUSED with a reason.
 */
export function provenSeq(
  { record: bytes, renewal }: Pick<StaleFrame, 'record' | 'renewal'>,
  networkId: string,
  self: PeerIdText,
): number {
  const record = openRecord(bytes, networkId)
  if (record.peerId !== self)
    throw refused('foreign-key', `expected a record of this node, got one of ${record.peerId}`)
  return renewal === undefined ? record.record.seq : verifyRenewal(readRenewal(renewal), record, networkId).seq
}
