import type { SensorName } from '../../../shared/schema/allowance.ts'
import type { Limits } from '../../../shared/schema/limits.ts'
import type { Settings } from '../../../shared/schema/settings.ts'
import type { Milliseconds } from '../../../shared/units.ts'
import type { Facts } from '../facts.ts'
import type { Finding, HoldTimes } from './hold.ts'

/** What the owner has chosen, as far as it decides about work. */
export type Wishes = Pick<Settings, 'donating' | 'finishing' | 'gpuPause' | 'override' | 'limits'>

/** What does not change while a node runs, or changes by its own doing. */
export interface Machine {
  cpuThreads: number
  memoryMiB: number
  /** Whether somebody is likely to sit at it: then it counts as in use where nothing tells. */
  attended: boolean
  /** The least memory that a job of an enabled service takes; 0: none is enabled. */
  leastJobMiB: number
  /** Bytes of documents and answers in this calendar month. */
  monthBytes: number
}

/** All that a decision depends on. */
export interface PolicyInput {
  wishes: Wishes
  facts: Facts
  machine: Machine
  now: Milliseconds
}

/** What rules judge by: the input, and what was made of it once for all of them. */
export interface RuleInput extends PolicyInput {
  limits: Limits
  inUse: boolean
  /** The share of memory that is allowed, in MiB. */
  memoryMiB: number
}

/** One thing that can hold up work. */
export interface Rule {
  /** `gpu`: only work on graphics cards. */
  target: 'all' | 'gpu'
  /** What happens to the work when it holds, in the order of severity: see `modeSchema`. */
  mode: 'slow' | 'drain' | 'halt'
  /** An override that lets the node work anyway hides it. */
  overridable: boolean
  times(limits: Limits): HoldTimes
  /** Sensor it depends on, when it is in force. */
  needs(limits: Limits): SensorName | undefined
  /** What speaks against work now; undefined: nothing. `holding`: whether it holds already, for rules with two thresholds. */
  judge(input: RuleInput, holding: boolean): Finding | undefined
}

export const atOnce: HoldTimes = { graceMs: 0, minimumMs: 0, releaseMs: 0 }
