import { decode, encode } from '@ipld/dag-cbor'
import { z } from 'zod'
import { isErrorCode, RmaError } from '../../shared/errors.ts'
import { safeParse } from '../../shared/safe-parse.ts'
import { locationSchema, peerIdSchema } from '../../shared/schema/primitives.ts'
import { particularsSchema, workerRecordSchema, workerStateSchema } from '../../shared/schema/worker.ts'
import { KiB } from '../../shared/units.ts'
import { isTellable } from '../dht/tellable-address.ts'
import { maxRecordBytes } from './record.ts'
import { maxRenewalBytes } from './renewal.ts'

/** Most keys one announcement may name: 64 services, its own two, and the two of coordinators or that of relays. */
export const maxAnnouncedKeys = 68
/** Most workers one answer may hold. */
export const maxFindLimit = 256
/** Most records an asker may say it knows. */
export const maxKnown = 512
/** Most peers one answer to `closest` names. */
export const maxCloser = 16
/** Most addresses it names of each. */
export const maxCloserAddresses = 8
/** Characters of a record's hash (9 bytes, base64url) that name it in `known`. */
export const knownPrefixLength = 12

/** Largest frame of each kind in bytes, as encoded. */
export const maxFrameBytes = {
  announce: 12 * KiB,
  renew: 512,
  find: 13 * KiB,
  closest: 128,
  ok: 12 * KiB,
  stale: 5 * KiB,
  found: 320 * KiB,
  closer: 36 * KiB,
  error: KiB,
} as const

/** Bytes of records and renewals a registrar puts into one answer; the rest of `found` is for certificates. */
export const maxFoundPayloadBytes = 256 * KiB

/** A CBOR byte string of at most `maxBytes` bytes. */
export function byteStringSchema(maxBytes: number) {
  const expected = `expected at most ${maxBytes} bytes`
  return z.custom<Uint8Array>(value => value instanceof Uint8Array && value.length <= maxBytes, expected)
}

const idSchema = z.number().int().min(0).max(0xffff_ffff)
/** What a key looks like; which ones there are is the registrar's to say. */
const keySchema = z.string().regex(/^[a-z]{6,12}(:[A-Za-z0-9-]{1,67}(\/[0-9a-f]{1,4})?)?$/, 'expected a directory key')
const recordBytesSchema = byteStringSchema(maxRecordBytes)
const renewalBytesSchema = byteStringSchema(maxRenewalBytes)

/** Which workers an asker wants to hear of; what is left out does not matter to it. */
export const findFilterSchema = z.object({
  states: z
    .array(workerStateSchema.exclude(['left']))
    .min(1)
    .max(3)
    .optional(),
  /** true: only workers that name a GPU; false: only those that name none. */
  gpu: z.boolean().optional(),
  location: locationSchema.optional(),
  /** Under the key of a service: what the worker must have for it. */
  ...particularsSchema.shape,
})
export type FindFilter = z.infer<typeof findFilterSchema>

/** zod takes any object for one without fields; on the wire a byte string is no map. */
const mapSchema = z.custom<FindFilter>(value => !(value instanceof Uint8Array), 'expected a map')

/** A record the asker holds: the start of its hash and the newest seq it has heard, of record or renewal. */
const knownRecordSchema = z.tuple([
  z.string().regex(new RegExp(`^[\\w-]{${knownPrefixLength}}$`), 'expected the start of a hash'),
  workerRecordSchema.shape.seq,
])
export type KnownRecord = z.infer<typeof knownRecordSchema>

const announceSchema = z.object({
  kind: z.literal('announce'),
  id: idSchema,
  record: recordBytesSchema,
  /** The keys under which this registrar is asked to keep the record. */
  keys: z.array(keySchema).max(maxAnnouncedKeys),
})
const renewSchema = z.object({ kind: z.literal('renew'), id: idSchema, renewal: renewalBytesSchema })
const findSchema = z.object({
  kind: z.literal('find'),
  id: idSchema,
  key: keySchema,
  limit: z.number().int().min(1).max(maxFindLimit),
  filter: mapSchema.pipe(findFilterSchema).optional(),
  known: z.array(knownRecordSchema).max(maxKnown).optional(),
  /** Where more fit than are wanted: by what they are drawn, the same at each registrar. */
  seed: idSchema.optional(),
})
/** Who is closest to a place in the key space? */
const closestSchema = z.object({
  kind: z.literal('closest'),
  id: idSchema,
  target: z.custom<Uint8Array>(value => value instanceof Uint8Array && value.length === 32, 'expected 32 bytes'),
  limit: z.number().int().min(1).max(maxCloser),
})
export const requestFrameSchema = z.discriminatedUnion('kind', [announceSchema, renewSchema, findSchema, closestSchema])
export type RequestFrame = z.infer<typeof requestFrameSchema>
export type AnnounceFrame = z.infer<typeof announceSchema>
export type RenewFrame = z.infer<typeof renewSchema>
export type FindFrame = z.infer<typeof findSchema>
export type ClosestFrame = z.infer<typeof closestSchema>

/** Any code: a newer registrar may know more of them. */
const errorCodeSchema = z.string().regex(/^[A-Z_]{1,32}$/, 'expected an error code')

/** A key of an announcement that the registrar does not keep, and why. */
const declinedKeySchema = z.object({ key: keySchema, code: errorCodeSchema })
export type DeclinedKey = z.infer<typeof declinedKeySchema>

const okSchema = z.object({
  kind: z.literal('ok'),
  id: idSchema,
  declined: z.array(declinedKeySchema).max(maxAnnouncedKeys).optional(),
  /** Keys it is kept under of which askers are told the same as by `full` of an answer to `find`. */
  full: z.array(keySchema).max(maxAnnouncedKeys).optional(),
})
/** The registrar holds something later by the same worker: its record, and its renewal where that is what is later. */
const staleSchema = z.object({
  kind: z.literal('stale'),
  id: idSchema,
  record: recordBytesSchema,
  renewal: renewalBytesSchema.optional(),
})
const foundSchema = z.object({
  kind: z.literal('found'),
  id: idSchema,
  /** Records the asker did not say it knows. */
  records: z.array(recordBytesSchema).max(maxFindLimit),
  /** The newest renewals of `records` and of known records, where they are later than what the asker knows. */
  renewals: z.array(renewalBytesSchema).max(maxFindLimit),
  /** Places in `known` of the records that are part of the answer; later renewals of them are in `renewals`. */
  kept: z
    .array(
      z
        .number()
        .int()
        .min(0)
        .max(maxKnown - 1),
    )
    .max(maxFindLimit),
  /** How many workers fit the question, whether or not they are part of the answer. */
  total: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
  /** There is hardly room for more workers: all of them stand under the keys that go on with one digit more. */
  full: z.boolean().optional(),
  /** Membership certificates (JWT) of signers the asker has not seen. */
  certificates: z
    .array(z.string().max(2 * KiB))
    .max(maxFindLimit)
    .optional(),
})
/** A server the answerer is connected with, the asker left out. Hearsay: nobody has signed it. */
export const closerPeerSchema = z.object({
  peer: peerIdSchema,
  /** They are not the answerer's own: one that is no address says nothing against the rest of the answer. */
  addresses: z
    .array(z.string())
    .max(maxCloserAddresses)
    .transform(addresses => addresses.filter(isTellable)),
})
export type CloserPeer = z.infer<typeof closerPeerSchema>
const closerSchema = z.object({
  kind: z.literal('closer'),
  id: idSchema,
  /** Closest to the target first. */
  peers: z.array(closerPeerSchema).max(maxCloser),
})
const errorSchema = z.object({
  kind: z.literal('error'),
  id: idSchema,
  code: errorCodeSchema,
  message: z.string().max(256),
  /** With RECORD_REFUSED: which rule the record broke. */
  reason: z
    .string()
    .regex(/^[a-z-]{1,32}$/, 'expected a reason')
    .optional(),
})
export const answerFrameSchema = z.discriminatedUnion('kind', [
  okSchema,
  staleSchema,
  foundSchema,
  closerSchema,
  errorSchema,
])
export type AnswerFrame = z.infer<typeof answerFrameSchema>
export type StaleFrame = z.infer<typeof staleSchema>
export type FoundFrame = z.infer<typeof foundSchema>
export type CloserFrame = z.infer<typeof closerSchema>
export type ErrorFrame = z.infer<typeof errorSchema>

type Kind = keyof typeof maxFrameBytes
const largestOf = (...kinds: Kind[]) => Math.max(...kinds.map(kind => maxFrameBytes[kind]))
/** Largest frame a registrar reads. */
export const maxRequestFrameBytes = largestOf('announce', 'renew', 'find', 'closest')
/** Largest frame an asker reads. */
export const maxAnswerFrameBytes = largestOf('ok', 'stale', 'found', 'closer', 'error')

export function encodeFrame(frame: RequestFrame | AnswerFrame): Uint8Array {
  const bytes = encode(frame)
  checkSize(frame.kind, bytes.length)
  return bytes
}

/** Reads what a registrar is asked. Throws PROTOCOL where it is no request frame, TOO_LARGE over its kind's size. */
export function decodeRequest(bytes: Uint8Array): RequestFrame {
  return decodeAs(requestFrameSchema, bytes, maxRequestFrameBytes)
}

/** Reads what a registrar answers. Throws PROTOCOL where it is no answer frame, TOO_LARGE over its kind's size. */
export function decodeAnswer(bytes: Uint8Array): AnswerFrame {
  return decodeAs(answerFrameSchema, bytes, maxAnswerFrameBytes)
}

/** The answer that stands for an error. */
export function errorFrame(id: number, error: RmaError): ErrorFrame {
  const reason = safeParse(errorSchema.shape.reason, error.details.reason).data
  const frame: ErrorFrame = { kind: 'error', id, code: error.code, message: error.message.slice(0, 256) }
  return reason === undefined ? frame : { ...frame, reason }
}

/** The error an answer stands for; PROTOCOL where its code is not known here. */
export function errorOf({ code, message, reason }: ErrorFrame): RmaError {
  return new RmaError(isErrorCode(code) ? code : 'PROTOCOL', message, reason === undefined ? {} : { reason })
}

function decodeAs<T extends { kind: Kind }>(schema: z.ZodType<T>, bytes: Uint8Array, maxBytes: number): T {
  const frame = decodeMessage(schema, bytes, maxBytes)
  checkSize(frame.kind, bytes.length)
  return frame
}

/** Decodes one message of any protocol that speaks dag-cbor. Throws TOO_LARGE or PROTOCOL. */
export function decodeMessage<T>(schema: z.ZodType<T>, bytes: Uint8Array, maxBytes: number): T {
  if (bytes.length > maxBytes)
    throw new RmaError('TOO_LARGE', `expected a frame of at most ${maxBytes} bytes, got ${bytes.length}`)
  const parsed = safeParse(schema, decodeCbor(bytes))
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw new RmaError('PROTOCOL', `not a valid frame: ${issue?.path.join('.')}: ${issue?.message}`)
}

function decodeCbor(bytes: Uint8Array): unknown {
  try {
    return decode(bytes)
  } catch (cause) {
    throw new RmaError('PROTOCOL', 'expected a frame in dag-cbor', {}, { cause })
  }
}

function checkSize(kind: Kind, length: number): void {
  if (length > maxFrameBytes[kind])
    throw new RmaError('TOO_LARGE', `expected a frame ${kind} of at most ${maxFrameBytes[kind]} bytes, got ${length}`)
}
