import { energyOf } from '../../shared/energy.ts'
import {
  type Contribution,
  type ContributionSum,
  type DailyTotal,
  nothingGiven,
} from '../../shared/schema/contribution.ts'
import type { ContributionSettings } from '../../shared/schema/settings.ts'

/** What days add up to, for the donor to see. What was asked of others is among the days, not in the sum. */
export function contributionOf(days: DailyTotal[], settings: ContributionSettings): Contribution {
  const served = days.filter(({ role }) => role === 'served').reduce(add, nothingGiven)
  return { days, served, energy: energyOf(served, settings) }
}

export function add(sum: ContributionSum, more: ContributionSum): ContributionSum {
  const keys = Object.keys(nothingGiven) as (keyof ContributionSum)[]
  return Object.fromEntries(keys.map(key => [key, sum[key] + more[key]])) as ContributionSum
}
