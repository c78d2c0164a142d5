import type { RmaError } from '../../shared/errors.ts'

/**
 * One line for people: the code and what happened. An unexpected error is a defect: its stack comes along for whoever
 * reports it.
 */
export function formatError(error: RmaError): string {
  const line = `rma-donor: ${error.code}: ${error.message}`
  const { code, cause } = error
  return code === 'INTERNAL' && cause instanceof Error ? `${line}\n${cause.stack ?? ''}` : line
}
