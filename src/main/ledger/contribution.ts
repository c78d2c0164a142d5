import { energyOf } from '../../shared/energy.ts'
import type { Contribution, ContributionSum, DailyTotal } from '../../shared/schema/contribution.ts'
import type { ContributionSettings } from '../../shared/schema/settings.ts'

export const nothing: ContributionSum = {
  jobs: 0,
  failed: 0,
  cancelled: 0,
  verified: 0,
  bytesIn: 0,
  bytesOut: 0,
  runMs: 0,
  cpuMs: 0,
  gpuMs: 0,
}

/** What days add up to, for the donor to see. What was asked of others is among the days, not in the sum. */
export function contributionOf(days: DailyTotal[], settings: ContributionSettings): Contribution {
  const served = days.filter(({ role }) => role === 'served').reduce(add, nothing)
  return { days, served, energy: energyOf(served, settings) }
}

export function add(sum: ContributionSum, more: ContributionSum): ContributionSum {
  const keys = Object.keys(nothing) as (keyof ContributionSum)[]
  return Object.fromEntries(keys.map(key => [key, sum[key] + more[key]])) as ContributionSum
}
