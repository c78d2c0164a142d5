import type { FuzzResult } from './fuzz.ts'

/** What a fuzzing process is told to do. */
export interface FuzzOrder {
  target: string
  seed: number
  inputs: number
  forMs: number
}

export type FuzzWord =
  | { kind: 'ready'; targets: string[] }
  /** It is alive. */
  | { kind: 'progress'; inputs: number }
  | { kind: 'done'; result: FuzzResult; rssMiB: number }
