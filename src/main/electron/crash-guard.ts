import type { Logger } from '../log.ts'

export interface CrashGuardComponents {
  process: Pick<NodeJS.EventEmitter, 'on'>
  log: Logger
}

export interface CrashGuardInit {
  /** Starts the app anew and ends this process at once. */
  restart: () => void
}

/**
 * What nobody has caught leaves a program in a state that nobody has thought of: it is written down, and the app starts
 * anew. Starts that fail again and again end in the offer of safe mode.
 */
export function guardAgainstCrashes({ process, log }: CrashGuardComponents, { restart }: CrashGuardInit): void {
  let crashed = false
  process.on('uncaughtException', (error: unknown) => {
    log.fatal({ err: error }, 'the app has crashed')
    if (crashed) return
    crashed = true
    restart()
  })
  process.on('unhandledRejection', (reason: unknown) => {
    log.error({ err: reason }, 'a failure was not looked at')
  })
}
