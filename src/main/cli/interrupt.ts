import { second } from '../../shared/units.ts'
import { exitCodes } from './exit-code.ts'

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
const stopTimeoutMs = 15 * second

/**
 * An AbortSignal for the whole command: the first interruption asks it to stop, the second ends the process at
 * once, and so does a stop that takes longer than 15 s.
 * A parent that started this process with a channel to it and has gone away counts as an interruption.
 */
export function interruptSignal(): AbortSignal {
  const controller = new AbortController()
  const stop = () => {
    controller.abort()
    setTimeout(giveUp, stopTimeoutMs).unref()
  }
  const interrupt = () => {
    if (controller.signal.aborted) process.exit(exitCodes.interrupted)
    stop()
  }
  for (const name of signals) process.on(name, interrupt)
  process.once('disconnect', stop)
  // To listen for its end must not keep the process from its own.
  process.channel?.unref()
  return controller.signal
}

function giveUp(): void {
  process.stderr.write(`rma-donor: did not stop within ${stopTimeoutMs / second} s, so it was ended\n`)
  process.exit(exitCodes.failed)
}
