import { MiB, second } from '../../../../shared/units.ts'
import { nextMonth } from '../month.ts'
import { atOnce, type Rule } from '../rule.ts'

/** What runs is finished: its document has been paid for already. */
export const metered: Rule = {
  target: 'all',
  mode: 'drain',
  overridable: true,
  times: () => ({ graceMs: 0, minimumMs: 30 * second, releaseMs: 10 * second }),
  needs: ({ network }) => (network.pauseWhenMetered ? 'metered' : undefined),
  judge({ limits, facts: { metered: fact } }) {
    if (!limits.network.pauseWhenMetered || !fact.known || !fact.value) return undefined
    return { reason: { kind: 'metered' } }
  },
}

export const dataUsed: Rule = {
  target: 'all',
  mode: 'drain',
  overridable: true,
  times: () => atOnce,
  needs: () => undefined,
  judge({ limits, machine, now }) {
    const limitMiB = limits.network.mibPerMonth
    const usedMiB = machine.monthBytes / MiB
    if (limitMiB === undefined || usedMiB < limitMiB) return undefined
    const resetsAt = nextMonth(now)
    return { reason: { kind: 'data-used', usedMiB, limitMiB, resetsAt }, until: resetsAt }
  },
}
