import type { Figures } from './simulation.ts'

/** What the process of a simulation says. */
export type SimulationWord = { kind: 'progress'; line: string } | { kind: 'figures'; figures: Figures }
