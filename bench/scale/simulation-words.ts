import type { Figures } from './scenario.ts'

/** What the process of a simulation says. */
export type SimulationWord = { kind: 'progress'; line: string } | { kind: 'figures'; figures: Figures }
