import { hash, type KeyObject } from 'node:crypto'
import { decode, encode } from '@ipld/dag-cbor'
import type { Ed25519PrivateKey } from '@libp2p/interface'
import { safeParse } from '../../shared/safe-parse.ts'
import type { PeerIdText } from '../../shared/schema/primitives.ts'
import { type WorkerRecord, workerRecordSchema } from '../../shared/schema/worker.ts'
import { KiB, type Milliseconds, minute, second } from '../../shared/units.ts'
import { envelopeLength, readEnvelope, sealEnvelope } from './envelope.ts'
import { refused } from './refusal.ts'
import { importPublicKey, isSignedBy, peerIdTextOf, signedContent } from './signing.ts'

/** Largest envelope in bytes. */
export const maxRecordBytes = 4 * KiB
/** How far ahead of the reader's corrected clock a record may have been issued. */
export const maxClockSkewMs = 60 * second
/** Longest time from issue to expiry. */
export const maxRecordLifeMs = 10 * minute

/** A SHA-256 of an envelope's bytes as text (base64url): what records are told apart and looked up by. */
export type RecordHash = string

/** A record whose signature has not been checked: what it claims may be used to order work, never believed. */
export interface UnverifiedRecord {
  readonly verified: false
  readonly claims: { readonly peerId: PeerIdText; readonly record: WorkerRecord }
  readonly bytes: Uint8Array
  readonly hash: RecordHash
}

/** A record that its signer's key has signed for this network. Its times are checked where it is used. */
export interface VerifiedRecord {
  readonly verified: true
  readonly peerId: PeerIdText
  readonly record: WorkerRecord
  /** The signed envelope. */
  readonly bytes: Uint8Array
  readonly hash: RecordHash
  /** The signer's key, for its renewals. */
  readonly publicKey: KeyObject
}

const payloadType = Buffer.from('/rma/worker-record', 'utf8')
const domainOf = (networkId: string) => `rma/${networkId}/worker-record`

export function recordHash(bytes: Uint8Array): RecordHash {
  return hash('sha256', bytes, 'base64url')
}

/** The record with those of its addresses, in their order, that fit into an envelope beside all else it says. Pure. */
export function withFittingAddresses(record: WorkerRecord): WorkerRecord {
  let payloadLength = encode({ ...record, addresses: [] }).length
  const addresses = record.addresses.filter(address => {
    const longer = payloadLength + encode(address).length
    const fits = envelopeLength(payloadType, longer) <= maxRecordBytes
    if (fits) payloadLength = longer
    return fits
  })
  return { ...record, addresses }
}

/**
 * Signs a record for one network. Rejects with RECORD_REFUSED: bad-schema, or too-large where the envelope would be
 * over 4 KiB.
 */
export async function sealRecord(
  privateKey: Ed25519PrivateKey,
  networkId: string,
  record: WorkerRecord,
): Promise<Uint8Array> {
  const payload = encode(checkSchema(record))
  const bytes = await sealEnvelope(privateKey, domainOf(networkId), payloadType, payload)
  checkSize(bytes)
  return bytes
}

/**
 * Reads a record without checking its signature: size first, then layout, canonical form and schema.
 * Throws RECORD_REFUSED (too-large, malformed, not-canonical, bad-schema).
 */
export function readRecord(bytes: Uint8Array): UnverifiedRecord {
  checkSize(bytes)
  const { publicKey, payload } = readEnvelope(bytes, payloadType)
  const record = checkSchema(decodePayload(payload))
  if (Buffer.compare(encode(record), payload) !== 0)
    throw refused('not-canonical', 'expected the record in canonical dag-cbor')
  return { verified: false, claims: { peerId: peerIdTextOf(publicKey), record }, bytes, hash: recordHash(bytes) }
}

/** Checks the signature of a record that was read. Throws RECORD_REFUSED (bad-signature). */
export function verifyRecord({ bytes, hash, claims }: UnverifiedRecord, networkId: string): VerifiedRecord {
  const { publicKey, payload, signature } = readEnvelope(bytes, payloadType)
  const key = importPublicKey(publicKey)
  if (!isSignedBy(key, signedContent(domainOf(networkId), payloadType, payload), signature))
    throw refused('bad-signature', `the record of ${claims.peerId} is not signed by its key for this network`)
  return { verified: true, ...claims, bytes, hash, publicKey: key }
}

/** Reads and verifies a record. Throws RECORD_REFUSED; times are checked by `checkTimes`. */
export function openRecord(bytes: Uint8Array, networkId: string): VerifiedRecord {
  return verifyRecord(readRecord(bytes), networkId)
}

/** The key of a record's signer, from an envelope that was read before. */
export function signerKey(bytes: Uint8Array): KeyObject {
  return importPublicKey(readEnvelope(bytes, payloadType).publicKey)
}

type Times = Pick<WorkerRecord, 'issuedAt' | 'expiresAt'>

/**
 * Checks a record's times against the reader's corrected clock.
 * Throws RECORD_REFUSED (issued-in-future, expires-before-issue, lives-too-long, expired).
 */
export function checkTimes(times: Times, now: Milliseconds): void {
  checkLife(times, now)
  const { expiresAt } = times
  if (expiresAt <= now) throw refused('expired', `the record expired ${now - expiresAt} ms ago`, { expiresAt, now })
}

/** The rules for times that hold for an expired record as well. Throws RECORD_REFUSED as `checkTimes` does. */
export function checkLife({ issuedAt, expiresAt }: Times, now: Milliseconds): void {
  if (issuedAt > now + maxClockSkewMs)
    throw refused('issued-in-future', `the record was issued ${issuedAt - now} ms from now`, { issuedAt, now })
  if (expiresAt <= issuedAt)
    throw refused('expires-before-issue', 'the record expires before it was issued', { issuedAt, expiresAt })
  if (expiresAt - issuedAt > maxRecordLifeMs)
    throw refused('lives-too-long', `a record lives at most ${maxRecordLifeMs} ms, this one ${expiresAt - issuedAt}`)
}

function checkSize(bytes: Uint8Array): void {
  if (bytes.length > maxRecordBytes)
    throw refused('too-large', `a record has at most ${maxRecordBytes} bytes, this one ${bytes.length}`)
}

function decodePayload(payload: Uint8Array): unknown {
  try {
    return decode(payload)
  } catch (cause) {
    throw refused('malformed', 'expected a record in dag-cbor', {}, { cause })
  }
}

function checkSchema(value: unknown): WorkerRecord {
  const parsed = safeParse(workerRecordSchema, value)
  if (!parsed.success) throw refused('bad-schema', `the record is not valid: ${parsed.error.issues[0]?.message}`)
  return parsed.data
}
