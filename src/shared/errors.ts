/**
 * Every error a person or a program can meet, with the HTTP status it travels as and whether asking again
 * (the same worker or another) can help. Codes are stable: clients may match on them.
 */
export const errorCatalogue = {
  BAD_REQUEST: { status: 400, retryable: false },
  UNAUTHORIZED: { status: 401, retryable: false },
  FORBIDDEN: { status: 403, retryable: false },
  NOT_FOUND: { status: 404, retryable: false },
  UNKNOWN_SERVICE: { status: 404, retryable: false },
  /** The worker has no model of the name that the request asks for; `details.offered` names those it has. */
  UNKNOWN_MODEL: { status: 422, retryable: false },
  /** The data of a language is not installed there; `details.offered` names what is. */
  UNKNOWN_LANGUAGE: { status: 422, retryable: false },
  TOO_LARGE: { status: 413, retryable: false },
  UNSUPPORTED_TYPE: { status: 415, retryable: false },
  EMPTY_BODY: { status: 422, retryable: false },
  BAD_INPUT: { status: 422, retryable: false },
  /** A header of a request is not of the agreed form; `details.header` names it. */
  BAD_HEADER: { status: 422, retryable: false },
  CONSENT_REQUIRED: { status: 409, retryable: false },
  /** The request id was used for another request a short while ago. */
  REQUEST_ID_REUSED: { status: 409, retryable: false },
  /** The request ran already and must not run twice; what came of it is no longer held. */
  OUTCOME_NOT_KEPT: { status: 410, retryable: false },
  /** The request has been passed on by too many nodes. */
  TOO_MANY_HOPS: { status: 508, retryable: false },
  BUSY: { status: 429, retryable: true },
  CANCELLED: { status: 499, retryable: false },
  ENGINE_FAILED: { status: 500, retryable: true },
  INTERNAL: { status: 500, retryable: false },
  WORKER_LOST: { status: 502, retryable: true },
  WORKER_MISBEHAVED: { status: 502, retryable: true },
  NO_WORKER: { status: 503, retryable: true },
  PAUSED: { status: 503, retryable: true },
  DEADLINE: { status: 504, retryable: false },
  BAD_SETTING: { status: 422, retryable: false },
  BAD_ENVIRONMENT: { status: 500, retryable: false },
  PORT_IN_USE: { status: 500, retryable: false },
  /** Only the system, or another user, may listen on that port. */
  PORT_NOT_ALLOWED: { status: 500, retryable: false },
  /** None of this machine's network cards has that address. */
  ADDRESS_NOT_HERE: { status: 500, retryable: false },
  DATA_FOLDER_UNUSABLE: { status: 500, retryable: false },
  DATA_FOLDER_IN_USE: { status: 500, retryable: false },
  SETTINGS_NEWER: { status: 500, retryable: false },
  LEDGER_NEWER: { status: 500, retryable: false },
  IDENTITY_CORRUPT: { status: 500, retryable: false },
  IDENTITY_SEALED: { status: 500, retryable: false },
  /** Asked of a node that runs without the desktop app. */
  NOT_ON_DESKTOP: { status: 409, retryable: false },
  /** The app was installed without a place to get updates from, or not installed at all. */
  UPDATES_OFF: { status: 409, retryable: false },
  /** A program beside the node, such as cloudflared, is not installed. */
  SIDECAR_MISSING: { status: 503, retryable: false },
  NODE_NOT_RUNNING: { status: 503, retryable: false },
  RECORD_REFUSED: { status: 422, retryable: false },
  SEED_REFUSED: { status: 422, retryable: false },
  NOT_REGISTRAR: { status: 421, retryable: false },
  QUOTA_EXCEEDED: { status: 429, retryable: true },
  /** The API key is unknown, or was revoked. */
  KEY_REFUSED: { status: 401, retryable: false },
  /** No ticket was shown where the request needs one. */
  TICKET_MISSING: { status: 401, retryable: false },
  TICKET_MALFORMED: { status: 401, retryable: false },
  TICKET_WRONG_NETWORK: { status: 403, retryable: false },
  /** A ticket for another worker, or for another service. */
  TICKET_FOREIGN: { status: 403, retryable: false },
  TICKET_NOT_YET_VALID: { status: 401, retryable: false },
  TICKET_EXPIRED: { status: 401, retryable: false },
  /** From somebody who is no coordinator, as far as this worker knows. */
  TICKET_ISSUER: { status: 403, retryable: false },
  /** Not signed by the coordinator it names. */
  TICKET_FORGED: { status: 401, retryable: false },
  /** A ticket counts once. */
  TICKET_REPLAYED: { status: 409, retryable: false },
  /** A request that has to be signed by a worker's key was not, or was sent before. */
  PROOF_REFUSED: { status: 401, retryable: false },
  /** The node is shutting down and takes nothing new on. */
  DRAINING: { status: 503, retryable: true },
  PROTOCOL: { status: 502, retryable: true },
  /** No certificate was shown where the network asks for one. */
  MEMBERSHIP_MISSING: { status: 401, retryable: false },
  MEMBERSHIP_MALFORMED: { status: 401, retryable: false },
  /** Not signed by the network's CA: altered, or signed by somebody else. */
  MEMBERSHIP_FORGED: { status: 401, retryable: false },
  /** A certificate of another peer than the one that showed it. */
  MEMBERSHIP_FOREIGN: { status: 403, retryable: false },
  MEMBERSHIP_WRONG_NETWORK: { status: 403, retryable: false },
  MEMBERSHIP_NOT_YET_VALID: { status: 401, retryable: false },
  MEMBERSHIP_EXPIRED: { status: 401, retryable: false },
  MEMBERSHIP_REVOKED: { status: 403, retryable: false },
  /** A good certificate, but not for what was asked. */
  MEMBERSHIP_ROLE: { status: 403, retryable: false },
  REGISTRATION_MALFORMED: { status: 422, retryable: false },
  /** Not signed by the coordinator it names, or made for another edge router. */
  REGISTRATION_FORGED: { status: 401, retryable: false },
  /** Its time is too far from the edge router's; `details.now` is the latter. */
  REGISTRATION_STALE: { status: 409, retryable: true },
  REGISTRATION_REPLAYED: { status: 409, retryable: false },
  STORAGE_UNAVAILABLE: { status: 503, retryable: true },
  INVITE_MALFORMED: { status: 422, retryable: false },
  INVITE_REQUIRED: { status: 403, retryable: false },
  INVITE_UNKNOWN: { status: 403, retryable: false },
  INVITE_EXPIRED: { status: 403, retryable: false },
  INVITE_REVOKED: { status: 403, retryable: false },
  INVITE_USED_UP: { status: 403, retryable: false },
  /** The request's own time is too far from the coordinator's; `details.now` is the latter. */
  ENROLMENT_STALE: { status: 409, retryable: true },
  ENROLMENT_REPLAYED: { status: 409, retryable: false },
  ENROLMENT_REFUSED: { status: 403, retryable: false },
  /** No coordinator could be reached, neither directly nor through a peer. */
  NO_COORDINATOR: { status: 503, retryable: true },
  CA_UNUSABLE: { status: 500, retryable: false },
  /** What was downloaded is not the program that was to be: its checksum is another. */
  SIDECAR_HASH_MISMATCH: { status: 502, retryable: false },
  SIDECAR_DOWNLOAD_FAILED: { status: 502, retryable: true },
} as const satisfies Record<string, { status: number; retryable: boolean }>

export type ErrorCode = keyof typeof errorCatalogue

/** Plain data that explains an error to a program; never secrets, never document contents. */
export type ErrorDetails = Record<string, unknown>

/** How an error looks in JSON, over HTTP and RPC alike. */
export interface ErrorBody {
  error: { code: ErrorCode; message: string; details: ErrorDetails }
}

/** An error with a stable code. Its message says what was expected and what came. */
export class RmaError extends Error {
  override readonly name = 'RmaError'
  readonly code: ErrorCode
  readonly details: ErrorDetails

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.details = details
  }

  /** HTTP status this error travels as. */
  get status(): number {
    return errorCatalogue[this.code].status
  }

  get retryable(): boolean {
    return errorCatalogue[this.code].retryable
  }

  toBody(): ErrorBody {
    return { error: { code: this.code, message: this.message, details: this.details } }
  }
}

export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(errorCatalogue, value)
}

/** Turns anything thrown into an RmaError: known ones pass, aborts become CANCELLED, the rest INTERNAL with its cause. */
export function toRmaError(thrown: unknown): RmaError {
  if (thrown instanceof RmaError) return thrown
  if (thrown instanceof Error) {
    if (thrown.name === 'TimeoutError') return new RmaError('DEADLINE', thrown.message, {}, { cause: thrown })
    if (thrown.name === 'AbortError') return new RmaError('CANCELLED', thrown.message, {}, { cause: thrown })
    return new RmaError('INTERNAL', thrown.message, {}, { cause: thrown })
  }
  return new RmaError('INTERNAL', String(thrown))
}
