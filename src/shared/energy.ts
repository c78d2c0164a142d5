import type { Contribution, ContributionSum } from './schema/contribution.ts'
import type { ContributionSettings } from './schema/settings.ts'
import { hour } from './units.ts'

/**
 * An estimate of what was used: processor time times the watts of one busy thread, and time on graphics cards times the
 * watts of a card. The default of 3.5 W for a thread is the average that Cloud Carbon Footprint uses for a fully used
 * virtual processor (https://www.cloudcarbonfootprint.org/docs/methodology, "Appendix I"); donors who have measured
 * their machine set their own.
 */
export function energyOf(
  { cpuMs, gpuMs }: Pick<ContributionSum, 'cpuMs' | 'gpuMs'>,
  { wattsPerThread, gpuWatts, price }: ContributionSettings,
): Contribution['energy'] {
  const wattHours = (cpuMs / hour) * wattsPerThread + (gpuMs / hour) * gpuWatts
  return {
    wattHours,
    ...(price === undefined ? {} : { cost: { amount: (wattHours / 1_000) * price.amount, currency: price.currency } }),
  }
}
