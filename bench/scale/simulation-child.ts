import './shared-signatures.ts'
import { seededRandom } from '../../e2e/support/scripted-node.ts'
import type { Scenario } from './scenario.ts'
import { measure } from './simulated-figures.ts'
import { measureHeavySenders } from './simulated-senders.ts'
import { measureTroubles } from './simulated-troubles.ts'
import { Simulation } from './simulation.ts'
import type { SimulationWord } from './simulation-words.ts'

// One simulated network, in a process of its own: its randomness is all that there is in it, and so is its memory.

const say = (word: SimulationWord) => process.send?.(word)
const scenario: Scenario = JSON.parse(process.argv[2] ?? '{}')
process.once('disconnect', () => process.exit())
const random = seededRandom(scenario.seed)
Math.random = random
const simulation = await Simulation.form(scenario, random, line => say({ kind: 'progress', line }))
const figures = {
  ...(await measure(simulation)),
  ...(scenario.heavySenders === true ? await measureHeavySenders(simulation) : {}),
  ...(scenario.troubles === true ? await measureTroubles(simulation) : {}),
}
say({ kind: 'figures', figures })
