import type { ErrorCode, RmaError } from '../../shared/errors.ts'

const refusals: ReadonlySet<ErrorCode> = new Set([
  'BUSY',
  'PAUSED',
  'UNKNOWN_SERVICE',
  'UNKNOWN_MODEL',
  'UNKNOWN_LANGUAGE',
])

/** Whether a worker turned the request away before it began on it. */
export function isRefusal(error: RmaError): boolean {
  return refusals.has(error.code)
}
