import { minute } from '../../../../shared/units.ts'
import type { Finding } from '../hold.ts'
import { atOnce, type Rule, type RuleInput } from '../rule.ts'

/** The wait for idleness is all the delay it takes: nobody is away and back within it. */
const common = { overridable: true, times: () => atOnce } as const

export const inUseHalts: Rule = {
  ...common,
  target: 'all',
  mode: 'halt',
  needs: ({ whileInUse }) => (whileInUse.cpu === 'run' ? undefined : 'idle'),
  judge: input => (input.limits.whileInUse.cpu === 'pause' ? inUse(input) : undefined),
}

export const inUseSlows: Rule = {
  ...common,
  target: 'all',
  mode: 'slow',
  needs: () => undefined,
  judge: input => (input.limits.whileInUse.cpu === 'slow' ? inUse(input) : undefined),
}

export const inUseHaltsGpu: Rule = {
  ...common,
  target: 'gpu',
  mode: 'halt',
  needs: ({ whileInUse }) => (whileInUse.gpu === 'run' ? undefined : 'idle'),
  judge: input => (input.limits.whileInUse.gpu === 'pause' ? inUse(input) : undefined),
}

function inUse({ limits, facts: { idle }, now }: RuleInput): Finding | undefined {
  const neededMs = limits.whileInUse.idleMinutes * minute
  if (!idle.known || idle.value >= neededMs) return undefined
  return { reason: { kind: 'in-use', idleMs: Math.round(idle.value), neededMs }, until: now + neededMs - idle.value }
}
