import { type ErrorDetails, RmaError } from '../../shared/errors.ts'

/** Why a record, a renewal or an announcement is refused, as `details.reason` of RECORD_REFUSED. */
export const refusalReasons = [
  /** More bytes than the format allows. */
  'too-large',
  /** Not the layout of the format at all. */
  'malformed',
  /** Decodes, but is not the one byte string that stands for its content. */
  'not-canonical',
  /** Well-formed CBOR that the schema does not allow. */
  'bad-schema',
  'bad-signature',
  /** Signed by, or brought by, another peer than the one it has to come from. */
  'foreign-key',
  /** Issued later than the reader's clock plus the allowed skew. */
  'issued-in-future',
  'expires-before-issue',
  'lives-too-long',
  'expired',
  /** The same `seq` was already used for other bytes. */
  'equal-seq',
  /** The record does not entitle its signer to stand under that key. */
  'key-not-listed',
  /** A renewal of another record than the one it was held against. */
  'other-record',
  /** The worker has left; only a newer whole record brings it back. */
  'left',
] as const
export type RefusalReason = (typeof refusalReasons)[number]

/** An RmaError RECORD_REFUSED whose `details.reason` is `reason`. */
export function refused(
  reason: RefusalReason,
  message: string,
  details: ErrorDetails = {},
  options?: ErrorOptions,
): RmaError {
  return new RmaError('RECORD_REFUSED', message, { ...details, reason }, options)
}
