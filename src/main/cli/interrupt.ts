import { type Milliseconds, second } from '../../shared/units.ts'
import { exitCodes } from './exit-code.ts'

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

export interface InterruptInit {
  /** How long the command may take to stop before it is ended. Default: 15 s. */
  stopTimeoutMs?: Milliseconds
  /**
   * Signals this soon after the first are the same interruption: a terminal sends Ctrl-C to every process of a group,
   * and npm and `bin/rma-donor.js` send theirs on as well. Default: 0.5 s.
   */
  echoMs?: Milliseconds
}

/**
 * An AbortSignal for the whole command: the first interruption asks it to stop, the second ends the process at
 * once, and so does a stop that takes too long.
 * A parent that started this process with a channel to it and has gone away counts as an interruption.
 */
export function interruptSignal({ stopTimeoutMs = 15 * second, echoMs = second / 2 }: InterruptInit = {}): AbortSignal {
  const controller = new AbortController()
  let firstAt = Number.POSITIVE_INFINITY
  const stop = () => {
    if (controller.signal.aborted) return
    firstAt = performance.now()
    setTimeout(() => giveUp(stopTimeoutMs), stopTimeoutMs).unref()
    controller.abort()
  }
  const interrupt = () => {
    if (performance.now() - firstAt > echoMs) process.exit(exitCodes.interrupted)
    stop()
  }
  for (const name of signals) process.on(name, interrupt)
  process.once('disconnect', stop)
  // To listen for its end must not keep the process from its own.
  process.channel?.unref()
  return controller.signal
}

function giveUp(stopTimeoutMs: Milliseconds): void {
  process.stderr.write(`rma-donor: did not stop within ${stopTimeoutMs / second} s, so it was ended\n`)
  process.exit(exitCodes.failed)
}
