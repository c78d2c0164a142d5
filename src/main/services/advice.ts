import type { Advice, Unavailability } from '../../shared/schema/service.ts'

/** What would help where a service is not offered. */
export function adviceOn(reason: Unavailability): Advice {
  switch (reason.kind) {
    case 'disabled':
      return { kind: 'switch-on' }
    case 'gpu-paused':
      return { kind: 'resume-gpu' }
    case 'engine-failed':
      return { kind: 'wait-or-read-log', ...(reason.retryAt === undefined ? {} : { retryAt: reason.retryAt }) }
    case 'needs-memory':
      return { kind: 'more-memory', memoryMiB: reason.neededMiB }
    case 'needs-gpu':
      return { kind: 'larger-card', vramMiB: reason.neededVramMiB }
    case 'needs-engine':
      return { kind: 'start-engine', engines: reason.engines, places: reason.places ?? [] }
    case 'needs-model':
      return { ...reason, kind: 'get-model' }
    case 'needs-language':
      return { kind: 'install-languages', languages: reason.languages }
    case 'unhealthy':
      return { kind: 'mend-server', ...(reason.url === undefined ? {} : { url: reason.url }) }
  }
}
