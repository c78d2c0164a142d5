import type { RmaError } from '../../shared/errors.ts'

/**
 * One line for people: the code and what happened; for NO_WORKER also what was tried. An unexpected error is a defect:
 * its stack comes along for whoever reports it.
 */
export function formatError(error: RmaError): string {
  const defect = error.code === 'INTERNAL' && error.cause instanceof Error ? [error.cause.stack ?? ''] : []
  return [`rma-donor: ${error.code}: ${error.message}`, ...attemptLines(error.details.attempts), ...defect].join('\n')
}

function attemptLines(attempts: unknown): string[] {
  if (!Array.isArray(attempts)) return []
  return attempts.slice(0, 16).map(attempt => `  tried ${attemptText(attempt)}`)
}

function attemptText(attempt: unknown): string {
  if (typeof attempt !== 'object' || attempt === null) return String(attempt)
  return Object.entries(attempt)
    .map(([key, value]) => `${key}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ')
}
