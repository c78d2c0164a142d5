import { exitCodes } from './exit-code.ts'

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * An AbortSignal for the whole command: the first interruption asks it to stop, the second ends the process at once.
 * A parent that started this process with a channel to it and has gone away counts as an interruption.
 */
export function interruptSignal(): AbortSignal {
  const controller = new AbortController()
  const interrupt = () => {
    if (controller.signal.aborted) process.exit(exitCodes.interrupted)
    controller.abort()
  }
  for (const name of signals) process.on(name, interrupt)
  if (process.channel !== undefined) process.once('disconnect', () => controller.abort())
  return controller.signal
}
