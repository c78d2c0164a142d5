import { second } from '../../../../shared/units.ts'
import type { Fact } from '../../facts.ts'
import type { Finding, HoldTimes } from '../hold.ts'
import type { Rule, RuleInput } from '../rule.ts'

const times: HoldTimes = { graceMs: 3 * second, minimumMs: 30 * second, releaseMs: 10 * second }

/** Not overridable: it protects the machine, not the owner's comfort. */
export const cpuHot: Rule = {
  target: 'all',
  mode: 'halt',
  overridable: false,
  times: () => times,
  needs: ({ temperature }) => (temperature.cpu === undefined ? undefined : 'cpuTemperature'),
  judge: (input, holding) => hot('cpu', input.facts.cpuTemperature, input, holding),
}

export const gpuHot: Rule = {
  target: 'gpu',
  mode: 'halt',
  overridable: false,
  times: () => times,
  needs: ({ temperature }) => (temperature.gpu === undefined ? undefined : 'gpuTemperature'),
  judge: (input, holding) => hot('gpu', input.facts.gpuTemperature, input, holding),
}

function hot(part: 'cpu' | 'gpu', fact: Fact<number>, input: RuleInput, holding: boolean): Finding | undefined {
  const limit = input.limits.temperature[part]
  if (limit === undefined || !fact.known) return undefined
  if (fact.value < (holding ? limit.resumeBelow : limit.pauseAt)) return undefined
  return { reason: { kind: 'hot', part, celsius: fact.value, resumesBelow: limit.resumeBelow } }
}
