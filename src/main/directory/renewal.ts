import type { KeyObject } from 'node:crypto'
import { decode, encode } from '@ipld/dag-cbor'
import type { Ed25519PrivateKey } from '@libp2p/interface'
import { z } from 'zod'
import { safeParse } from '../../shared/safe-parse.ts'
import { shareSchema, timestampSchema } from '../../shared/schema/primitives.ts'
import { type Queue, queueSchema, workerRecordSchema, workerStateSchema } from '../../shared/schema/worker.ts'
import type { Milliseconds } from '../../shared/units.ts'
import { maxClockSkewMs, type RecordHash, type VerifiedRecord } from './record.ts'
import { refused } from './refusal.ts'
import { isSignedBy, isSignedByAside, sign, signatureLength, signedContent } from './signing.ts'

/** Largest renewal in bytes; the format itself stays below. */
export const maxRenewalBytes = 200

/** States a renewal may announce. Leaving takes a whole record, so that no renewal can undo it or be taken for it. */
export const renewalStateSchema = workerStateSchema.exclude(['left'])

/** What a worker says between two whole records: only what moves. It does not prolong the record it renews. */
export interface RenewalFields {
  /** The record it belongs to. */
  recordHash: RecordHash
  /** Later than the record's and than that of each renewal before. */
  seq: number
  load: number
  queue: Queue
  state: z.infer<typeof renewalStateSchema>
  issuedAt: Milliseconds
}

/** A renewal whose signature has not been checked. */
export interface UnverifiedRenewal {
  readonly verified: false
  readonly claims: RenewalFields
  readonly bytes: Uint8Array
}

/** A renewal that the signer of the record it names has signed for this network. */
export interface VerifiedRenewal extends RenewalFields {
  readonly verified: true
  readonly bytes: Uint8Array
}

const payloadType = Buffer.from('/rma/worker-renewal', 'utf8')
const domainOf = (networkId: string) => `rma/${networkId}/worker-renewal`
const hashLength = 32
const byteStringSchema = (length: number) =>
  z.custom<Uint8Array>(
    value => value instanceof Uint8Array && value.length === length,
    `expected a byte string of ${length} bytes`,
  )

/** CBOR: an array of six, and a byte string of 64 bytes up to its content. */
const fieldsHeader = Uint8Array.of(0x86)
const signatureHeaderLength = 2

/** An array, not a map: the names of the fields alone would take a third of the 200 bytes. */
const fieldsSchema = z.tuple([
  byteStringSchema(hashLength),
  workerRecordSchema.shape.seq,
  shareSchema,
  z.tuple([queueSchema.shape.running, queueSchema.shape.waiting, queueSchema.shape.slots, queueSchema.shape.bound]),
  renewalStateSchema,
  timestampSchema,
])
const signatureSchema = byteStringSchema(signatureLength)

type WireFields = z.infer<typeof fieldsSchema>

function toWire({ recordHash, seq, load, queue, state, issuedAt }: RenewalFields): WireFields {
  const { running, waiting, slots, bound } = queue
  return [Buffer.from(recordHash, 'base64url'), seq, load, [running, waiting, slots, bound], state, issuedAt]
}

function fromWire([hash, seq, load, [running, waiting, slots, bound], state, issuedAt]: WireFields): RenewalFields {
  const queue = { running, waiting, slots, bound }
  return { recordHash: Buffer.from(hash).toString('base64url'), seq, load, queue, state, issuedAt }
}

/** Signs a renewal for one network. Rejects with RECORD_REFUSED (bad-schema). */
export async function sealRenewal(
  privateKey: Ed25519PrivateKey,
  networkId: string,
  fields: RenewalFields,
): Promise<Uint8Array> {
  const wire = checkSchema(fieldsSchema, toWire(fields))
  const signature = await sign(privateKey, signedContent(domainOf(networkId), payloadType, encode(wire)))
  return new Uint8Array(encode([...wire, signature]))
}

/**
 * Reads a renewal without checking its signature.
 * Throws RECORD_REFUSED (too-large, malformed, not-canonical, bad-schema).
 */
export function readRenewal(bytes: Uint8Array): UnverifiedRenewal {
  const { fields } = split(bytes)
  return { verified: false, claims: fromWire(fields), bytes }
}

/**
 * Checks that a renewal belongs to `record`, is later, and bears the signature of the record's signer.
 * Throws RECORD_REFUSED (other-record, left, equal-seq, bad-signature).
 */
export function verifyRenewal(renewal: UnverifiedRenewal, record: VerifiedRecord, networkId: string): VerifiedRenewal {
  checkBelongs(renewal, record)
  checkRenewalSignature(renewal, record.publicKey, networkId)
  return { verified: true, ...renewal.claims, bytes: renewal.bytes }
}

/** The rules that need no signature: the right record, one that has not left, a later seq. */
export function checkBelongs(
  { claims }: UnverifiedRenewal,
  record: { hash: RecordHash; record: { seq: number; state: string } },
): void {
  if (claims.recordHash !== record.hash) throw refused('other-record', 'the renewal belongs to another record')
  if (record.record.state === 'left') throw refused('left', 'the worker has left; only a new record brings it back')
  if (claims.seq <= record.record.seq)
    throw refused('equal-seq', `expected a seq above the record's ${record.record.seq}, got ${claims.seq}`)
}

export function checkRenewalSignature({ bytes }: UnverifiedRenewal, publicKey: KeyObject, networkId: string): void {
  const { payload, signature } = signedParts(bytes)
  if (!isSignedBy(publicKey, signedContent(domainOf(networkId), payloadType, payload), signature))
    throw refused('bad-signature', 'the renewal is not signed by the key of its record for this network')
}

/** Whether the signature holds; checked on another thread. */
export function checkRenewalSignatureAside(
  { bytes }: UnverifiedRenewal,
  publicKey: KeyObject,
  networkId: string,
): Promise<boolean> {
  const { payload, signature } = signedParts(bytes)
  return isSignedByAside(publicKey, signedContent(domainOf(networkId), payloadType, payload), signature)
}

/**
 * What was signed, cut out of a renewal that `readRenewal` found canonical: the array of its fields is the whole one with
 * one element, the signature, less. Decoding and encoding it again would cost as much as the signature check.
 */
function signedParts(bytes: Uint8Array): { payload: Uint8Array; signature: Uint8Array } {
  const fields = bytes.subarray(1, bytes.length - signatureHeaderLength - signatureLength)
  return { payload: Buffer.concat([fieldsHeader, fields]), signature: bytes.subarray(bytes.length - signatureLength) }
}

/** Throws RECORD_REFUSED (issued-in-future). A renewal counts as long as its record. */
export function checkRenewalTime({ issuedAt }: RenewalFields, now: Milliseconds): void {
  if (issuedAt > now + maxClockSkewMs)
    throw refused('issued-in-future', `the renewal was issued ${issuedAt - now} ms from now`, { issuedAt, now })
}

function split(bytes: Uint8Array): { fields: WireFields; signature: Uint8Array } {
  if (bytes.length > maxRenewalBytes)
    throw refused('too-large', `a renewal has at most ${maxRenewalBytes} bytes, this one ${bytes.length}`)
  const value = decodeArray(bytes)
  const signature = checkSchema(signatureSchema, value.at(-1))
  const fields = checkSchema(fieldsSchema, value.slice(0, -1))
  if (Buffer.compare(encode([...fields, signature]), bytes) !== 0)
    throw refused('not-canonical', 'expected the renewal in canonical dag-cbor')
  return { fields, signature }
}

function decodeArray(bytes: Uint8Array): unknown[] {
  try {
    const value: unknown = decode(bytes)
    if (Array.isArray(value)) return value
  } catch (cause) {
    throw refused('malformed', 'expected a renewal in dag-cbor', {}, { cause })
  }
  throw refused('malformed', 'expected a renewal as an array')
}

function checkSchema<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = safeParse(schema, value)
  if (!parsed.success) throw refused('bad-schema', `the renewal is not valid: ${parsed.error.issues[0]?.message}`)
  return parsed.data
}
