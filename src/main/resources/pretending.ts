import type { Capabilities } from '../../shared/schema/capabilities.ts'
import { type LiveValue, mapped } from '../live-value.ts'
import { pretendedGpu } from './gpus.ts'
import type { Hardware } from './hardware.ts'

/** The machine as it is announced: its own capabilities, or those a demonstration pretends to. */
export function pretending(
  hardware: LiveValue<Hardware>,
  pretend: Partial<Capabilities> | undefined,
): LiveValue<Hardware> {
  if (pretend === undefined) return hardware
  return mapped(hardware, each => ({
    ...each,
    capabilities: { ...each.capabilities, ...pretend },
    gpus: pretend.gpus?.map(pretendedGpu) ?? each.gpus,
  }))
}
