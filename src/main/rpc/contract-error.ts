import { ORPCError } from '@orpc/client'
import { ValidationError } from '@orpc/contract'
import { type ErrorDetails, isErrorCode, RmaError } from '../../shared/errors.ts'

/** The error as it crosses the RPC: code, message and details of the catalogue, nothing else. */
export function toContractError(error: RmaError): ORPCError<string, ErrorDetails> {
  return new ORPCError(error.code, {
    defined: true,
    status: error.status,
    message: error.message,
    data: error.details,
    cause: error,
  })
}

/**
 * Turns what a procedure threw into an error a caller may see. Bad input becomes BAD_REQUEST with the first issues;
 * everything that is not an RmaError becomes INTERNAL without a word of what was inside (it stays the cause, for the log).
 */
export function toPublicError(thrown: unknown): RmaError {
  if (thrown instanceof RmaError) return thrown
  if (thrown instanceof ORPCError && thrown.code === 'BAD_REQUEST') return badRequest(thrown)
  return new RmaError('INTERNAL', 'something went wrong in the node; the logs say what', {}, { cause: thrown })
}

function badRequest(error: ORPCError<'BAD_REQUEST', unknown>): RmaError {
  const issues = error.cause instanceof ValidationError ? error.cause.issues.slice(0, 8) : []
  const listed = issues.map(issue => ({ path: (issue.path ?? []).map(pathText).join('.'), message: issue.message }))
  const first = listed[0]
  const message =
    first === undefined ? error.message : `bad input${first.path === '' ? '' : ` at ${first.path}`}: ${first.message}`
  return new RmaError('BAD_REQUEST', message, { issues: listed }, { cause: error })
}

function pathText(segment: PropertyKey | { key: PropertyKey }): string {
  return String(typeof segment === 'object' ? segment.key : segment)
}

/** The caller's side: an error that came over the RPC as the RmaError it was. Others pass unchanged. */
export function fromContractError(thrown: unknown): unknown {
  if (!(thrown instanceof ORPCError) || !isErrorCode(thrown.code)) return thrown
  const details = typeof thrown.data === 'object' && thrown.data !== null ? (thrown.data as ErrorDetails) : {}
  return new RmaError(thrown.code, thrown.message, details, { cause: thrown })
}
