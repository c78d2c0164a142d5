import { atOnce, type Rule } from '../rule.ts'
import { scheduleState } from '../week.ts'

/** Outside the hours the owner gave. What runs is finished. */
export const outOfHours: Rule = {
  target: 'all',
  mode: 'drain',
  overridable: true,
  times: () => atOnce,
  needs: () => undefined,
  judge({ limits: { schedule }, now }) {
    if (schedule === undefined) return undefined
    const { open, until } = scheduleState(schedule, now)
    if (open) return undefined
    return until === undefined
      ? { reason: { kind: 'schedule' } }
      : { reason: { kind: 'schedule', opensAt: until }, until }
  },
}
