import { second } from '../../../../shared/units.ts'
import type { Rule } from '../rule.ts'

/** Once it holds, others must fall below this share of the limit: a program that hovers around it does not flap. */
const releaseShare = 0.8

/** Other programs need the processor. */
export const otherPrograms: Rule = {
  target: 'all',
  mode: 'halt',
  overridable: true,
  times: ({ otherPrograms }) => ({
    graceMs: otherPrograms.graceSeconds * second,
    minimumMs: 10 * second,
    releaseMs: 10 * second,
  }),
  needs: ({ otherPrograms }) =>
    otherPrograms.inUse === undefined && otherPrograms.idle === undefined ? undefined : 'otherCpu',
  judge({ limits, facts: { otherCpu }, inUse }, holding) {
    const limit = inUse ? limits.otherPrograms.inUse : limits.otherPrograms.idle
    if (limit === undefined || !otherCpu.known) return undefined
    if (otherCpu.value <= (holding ? limit * releaseShare : limit)) return undefined
    return { reason: { kind: 'other-programs', cpu: otherCpu.value, limit } }
  },
}
