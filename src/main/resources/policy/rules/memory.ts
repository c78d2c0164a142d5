import { second } from '../../../../shared/units.ts'
import type { HoldTimes } from '../hold.ts'
import type { Rule } from '../rule.ts'

const times: HoldTimes = { graceMs: 3 * second, minimumMs: 30 * second, releaseMs: 10 * second }

/** How much more must be there again than a job takes. */
const margin = 1.2

/** Too little is left of the memory, after what other programs hold and what the owner allows, for any job. */
export const memoryShort: Rule = {
  target: 'all',
  mode: 'halt',
  overridable: true,
  times: () => times,
  needs: () => 'memory',
  judge({ machine: { leastJobMiB }, memoryMiB }, holding) {
    if (leastJobMiB === 0 || memoryMiB >= (holding ? leastJobMiB * margin : leastJobMiB)) return undefined
    return { reason: { kind: 'memory', allowedMiB: memoryMiB, neededMiB: leastJobMiB } }
  },
}

/** The owner needs the memory of the graphics card. */
export const vramShort: Rule = {
  target: 'gpu',
  mode: 'halt',
  overridable: true,
  times: () => times,
  needs: () => undefined,
  judge({ limits: { vramKeptFreeMiB }, facts: { vram } }, holding) {
    if (vramKeptFreeMiB === 0 || !vram.known) return undefined
    if (vram.value.freeMiB >= (holding ? vramKeptFreeMiB * margin : vramKeptFreeMiB)) return undefined
    return { reason: { kind: 'vram', freeMiB: vram.value.freeMiB, keptFreeMiB: vramKeptFreeMiB } }
  },
}
