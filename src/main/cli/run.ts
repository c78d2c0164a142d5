import { CommanderError } from 'commander'
import { toRmaError } from '../../shared/errors.ts'
import type { CommandContext } from './command-context.ts'
import { createProgram } from './commands.ts'
import { formatError } from './error-report.ts'
import { exitCodeOf, exitCodes } from './exit-code.ts'
import { forTerminal, jsonForTerminal } from './for-terminal.ts'

/** Runs the command line and returns its exit code. Each failure is one line on standard error; with --json, JSON too. */
export async function run(args: readonly string[], context: CommandContext): Promise<number> {
  try {
    await createProgram(context).parseAsync([...args], { from: 'user' })
    return exitCodes.ok
  } catch (thrown) {
    // Commander has written its own message.
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? exitCodes.ok : exitCodes.usage
    // The reader has gone, as in `rma-donor topology | head -1`: nobody is left to tell.
    if (isBrokenPipe(thrown)) return exitCodes.ok
    const error = toRmaError(thrown)
    context.errorOutput.write(`${forTerminal(formatError(error))}\n`)
    if (args.includes('--json')) context.output.write(`${jsonForTerminal(JSON.stringify(error.toBody()))}\n`)
    return exitCodeOf(error)
  }
}

export function isBrokenPipe(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === 'EPIPE'
}
