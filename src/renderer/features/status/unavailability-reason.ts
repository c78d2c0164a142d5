import type { Unavailability } from '../../../shared/schema/service.ts'
import { formatChoice, formatMebibytes } from '../../strings/format.ts'
import { strings } from '../../strings/index.ts'

/** Why a service is not offered here, in words that say what would help. */
export function unavailabilityReason(why: Unavailability): string {
  const words = strings.services
  switch (why.kind) {
    case 'disabled':
      return words.disabled
    case 'gpu-paused':
      return words.gpuPaused
    case 'engine-failed':
      return words.engineFailed({ message: why.message })
    case 'needs-memory':
      return words.needsMemory({ needed: formatMebibytes(why.neededMiB), found: formatMebibytes(why.foundMiB) })
    case 'needs-gpu':
      return words.needsGpu({
        needed: formatMebibytes(why.neededVramMiB),
        found: why.foundVramMiB === 0 ? words.foundNone : formatMebibytes(why.foundVramMiB),
      })
    case 'needs-engine':
      return words.needsEngine({ engines: formatChoice(why.engines) })
    case 'needs-model':
      return words.needsModel({ kind: why.pictures ? 'pictures' : 'text', engines: formatChoice(why.engines) })
    case 'needs-language':
      return words.needsLanguage({ languages: formatChoice(why.languages) })
    case 'unhealthy':
      return words.unhealthy({ message: why.message })
  }
}
