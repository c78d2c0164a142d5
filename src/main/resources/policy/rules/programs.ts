import { second } from '../../../../shared/units.ts'
import { executableName } from '../executable-name.ts'
import type { Rule } from '../rule.ts'

/** A program that the owner named is running: a game, a call, a recording. */
export const programRuns: Rule = {
  target: 'all',
  mode: 'halt',
  overridable: true,
  times: () => ({ graceMs: 0, minimumMs: 10 * second, releaseMs: 5 * second }),
  needs: ({ programs }) => (programs.length === 0 ? undefined : 'programs'),
  judge({ limits, facts: { programs } }) {
    if (!programs.known) return undefined
    const name = limits.programs.find(each => programs.value.has(executableName(each)))
    return name === undefined ? undefined : { reason: { kind: 'program', name } }
  },
}
