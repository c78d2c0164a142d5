import { KiB, second } from '../../../src/shared/units.ts'
import type { Fault } from './faulty-pipe.ts'

/** Something that goes wrong for a while. */
export type Mishap =
  | { kind: 'slow' | 'lossy' | 'narrow' | 'cut'; between: readonly [string, string]; fault: Fault; forMs: number }
  | { kind: 'reset'; between: readonly [string, string] }
  | { kind: 'alone'; node: string; forMs: number }
  | { kind: 'still'; node: string; forMs: number }
  | { kind: 'killed'; node: string; forMs: number }

export interface Cast {
  /** Those that stand still, are cut off or killed. */
  mortal: readonly string[]
  all: readonly string[]
}

const kinds = ['slow', 'lossy', 'narrow', 'cut', 'reset', 'alone', 'still', 'killed'] as const

/** What goes wrong next. Pure but for `random`: the same numbers make the same mishaps. */
export function nextMishap({ mortal, all }: Cast, random: () => number): Mishap {
  const between = (low: number, high: number) => low + (high - low) * random()
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)] as T
  const kind = pick(kinds)
  const forMs = between(1, 8) * second
  if (kind === 'alone' || kind === 'still' || kind === 'killed') return { kind, node: pick(mortal), forMs }
  const one = pick(all)
  const pair = [one, pick(all.filter(name => name !== one))] as const
  switch (kind) {
    case 'reset':
      return { kind, between: pair }
    case 'cut':
      return { kind, between: pair, fault: { cut: true }, forMs }
    case 'slow':
      return { kind, between: pair, fault: { latencyMs: between(50, 500), jitterMs: 100 }, forMs }
    case 'lossy':
      return { kind, between: pair, fault: { latencyMs: 20, lossShare: between(0.02, 0.2), retransmitMs: 600 }, forMs }
    case 'narrow':
      return { kind, between: pair, fault: { bytesPerSecond: between(8, 128) * KiB }, forMs }
  }
}
