import './shared-signatures.ts'
import { seededRandom } from '../../e2e/support/scripted-node.ts'
import type { Figures, Measured, Scenario } from './scenario.ts'
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
const measures: Record<Measured, (simulation: Simulation) => Promise<Figures>> = {
  formed: measure,
  'heavy senders': measureHeavySenders,
  troubles: measureTroubles,
}
const figures: Figures = {}
for (const measured of scenario.measured ?? ['formed']) Object.assign(figures, await measures[measured](simulation))
say({ kind: 'figures', figures })
