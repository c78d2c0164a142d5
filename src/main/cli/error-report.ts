import type { RmaError } from '../../shared/errors.ts'

/** One line for people: the code, what happened, and for NO_WORKER what was tried. */
export function formatError(error: RmaError): string {
  return [`rma-donor: ${error.code}: ${error.message}`, ...attemptLines(error.details.attempts)].join('\n')
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
