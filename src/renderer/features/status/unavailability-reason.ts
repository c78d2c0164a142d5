import type { Unavailability } from '../../../shared/schema/service.ts'
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
      return words.engineFailed(why.message)
    case 'needs-memory':
      return words.needsMemory(why.neededMiB, why.foundMiB)
    case 'needs-gpu':
      return words.needsGpu(why.neededVramMiB, why.foundVramMiB)
    case 'needs-engine':
      return words.needsEngine(why.engines)
    case 'needs-model':
      return words.needsModel(why.engines, why.pictures)
    case 'unhealthy':
      return words.unhealthy(why.message)
  }
}
