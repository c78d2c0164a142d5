import type { UnknownCause } from '../../shared/schema/allowance.ts'
import type { GraphicsCard } from '../../shared/schema/status.ts'
import type { Milliseconds } from '../../shared/units.ts'

/** A value that a sensor tells, or why it tells none. */
export type Fact<T> = { known: true; value: T } | { known: false; cause: UnknownCause }

export function known<T>(value: T): Fact<T> {
  return { known: true, value }
}

export function unknown(cause: UnknownCause): { known: false; cause: UnknownCause } {
  return { known: false, cause }
}

/** What feeds the machine. `percent`: charge of its battery, where it has one. */
export interface Power {
  source: 'mains' | 'battery'
  percent?: number
}

/** What the machine is like at one moment, apart from what this node does to it. */
export interface Facts {
  power: Fact<Power>
  /** How long nobody has touched the machine. */
  idle: Fact<Milliseconds>
  /** Share of all processor threads that other programs take. */
  otherCpu: Fact<number>
  /** Degrees Celsius, of the hottest part. */
  cpuTemperature: Fact<number>
  gpuTemperature: Fact<number>
  /** Memory of the machine, and what of it other programs hold. */
  memory: Fact<{ totalMiB: number; othersMiB: number }>
  /** Free memory of the card with the most of it, our own share of it counted as free. */
  vram: Fact<{ freeMiB: number }>
  /** Each card that computes. */
  cards: Fact<readonly GraphicsCard[]>
  metered: Fact<boolean>
  /** Names of running executables, in lower case, without `.exe`. */
  programs: Fact<ReadonlySet<string>>
}

export const nothingKnown: Facts = {
  power: unknown('missing'),
  idle: unknown('missing'),
  otherCpu: unknown('missing'),
  cpuTemperature: unknown('missing'),
  gpuTemperature: unknown('missing'),
  memory: unknown('missing'),
  vram: unknown('missing'),
  cards: unknown('missing'),
  metered: unknown('missing'),
  programs: unknown('missing'),
}
