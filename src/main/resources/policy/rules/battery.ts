import { second } from '../../../../shared/units.ts'
import type { HoldTimes } from '../hold.ts'
import type { Rule } from '../rule.ts'

/** A plug that is pulled and put back, or a loose one, does not make work come and go. */
const times: HoldTimes = { graceMs: 0, minimumMs: 10 * second, releaseMs: 5 * second }

/** How much further a battery must be charged than where the rule took hold. */
const marginPercent = 5

export const onBattery: Rule = {
  target: 'all',
  mode: 'halt',
  overridable: true,
  times: () => times,
  needs: ({ battery }) => (battery.pauseOnBattery ? 'power' : undefined),
  judge({ limits, facts: { power } }) {
    if (!limits.battery.pauseOnBattery || !power.known || power.value.source === 'mains') return undefined
    const { percent } = power.value
    return { reason: { kind: 'on-battery', ...(percent === undefined ? {} : { percent }) } }
  },
}

export const batteryLow: Rule = {
  target: 'all',
  mode: 'halt',
  overridable: true,
  times: () => times,
  needs: ({ battery }) => (battery.belowPercent === undefined ? undefined : 'power'),
  judge({ limits, facts: { power } }, holding) {
    const { belowPercent } = limits.battery
    if (belowPercent === undefined || !power.known || power.value.percent === undefined) return undefined
    const resumesAtPercent = Math.min(100, belowPercent + marginPercent)
    if (power.value.percent >= (holding ? resumesAtPercent : belowPercent)) return undefined
    return { reason: { kind: 'battery-low', percent: power.value.percent, resumesAtPercent } }
  },
}
