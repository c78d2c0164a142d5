import type { ComponentLogger, Logger as Libp2pLogger } from '@libp2p/interface'
import type { Logger } from '../log.ts'

/**
 * What libp2p calls errors are mostly peers that went away: they go to our log at debug level. Its own debug and trace
 * lines, thousands a second, are dropped before anything is formatted.
 */
export function libp2pLog(log: Logger): ComponentLogger {
  return { forComponent: name => componentLog(log, name) }
}

function componentLog(log: Logger, name: string): Libp2pLogger {
  const drop = () => undefined
  return Object.assign(drop, {
    error: (format: unknown, ...values: unknown[]) => {
      if (log.isLevelEnabled('debug')) log.debug({ component: name }, fillIn(String(format), values))
    },
    trace: drop,
    enabled: false,
    newScope: (scope: string) => componentLog(log, `${name}:${scope}`),
  })
}

/** Puts values where a libp2p format has `%p`, `%s` and so on; errors give their message. */
export function fillIn(format: string, values: unknown[]): string {
  const rest = values.values()
  return format.replace(/%[a-zA-Z]/g, mark => {
    const next = rest.next()
    if (next.done) return mark
    return next.value instanceof Error ? next.value.message : String(next.value)
  })
}
