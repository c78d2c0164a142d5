import type { RmaError } from '../../shared/errors.ts'

/** Whether a worker turned the request away before it began on it. */
export function isRefusal(error: RmaError): boolean {
  return error.code === 'BUSY' || error.code === 'PAUSED' || error.code === 'UNKNOWN_SERVICE'
}
