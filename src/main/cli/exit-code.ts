import type { RmaError } from '../../shared/errors.ts'

/** What the command's exit codes mean; its help lists them. */
export const exitCodes = { ok: 0, failed: 1, usage: 2, notRunning: 3, interrupted: 130 } as const

export const exitCodeHelp = `
Exit codes:
  0    it worked
  1    it failed; the reason is on standard error
  2    the command line is wrong
  3    no node is running on the data folder
  130  interrupted`

export function exitCodeOf(error: RmaError): number {
  if (error.code === 'NODE_NOT_RUNNING') return exitCodes.notRunning
  if (error.code === 'BAD_REQUEST' && 'flag' in error.details) return exitCodes.usage
  if (error.code === 'CANCELLED') return exitCodes.interrupted
  return exitCodes.failed
}
