import { defaultLimits, type Limits } from '../../../shared/schema/limits.ts'
import { type Milliseconds, second } from '../../../shared/units.ts'
import { type Facts, known, nothingKnown } from '../facts.ts'
import { decide, initialPolicy, type PolicyState } from '../policy/policy.ts'
import type { Machine, PolicyInput, Wishes } from '../policy/rule.ts'

/** A donor who is away, on mains, with nothing else running. */
export const quietFacts: Facts = {
  ...nothingKnown,
  power: known({ source: 'mains', percent: 100 }),
  idle: known(24 * 3_600 * second),
  otherCpu: known(0),
  cpuTemperature: known(50),
  gpuTemperature: known(50),
  memory: known({ totalMiB: 16_384, othersMiB: 2_048 }),
  vram: known({ freeMiB: 8_192 }),
  metered: known(false),
  programs: known(new Set<string>()),
}

export const donatingWishes: Wishes = {
  donating: true,
  finishing: false,
  limits: defaultLimits,
}

const machine: Machine = { cpuThreads: 8, memoryMiB: 16_384, attended: false, leastJobMiB: 512, monthBytes: 0 }

/** A machine that is looked at once a second, with a policy that remembers. */
export class PretendedMachine {
  now: Milliseconds = Date.UTC(2026, 5, 3, 12)
  facts: Facts = quietFacts
  wishes: Wishes = donatingWishes
  machine: Machine = machine
  #state: PolicyState = initialPolicy

  set limits(changes: Partial<Limits>) {
    this.wishes = { ...this.wishes, limits: { ...this.wishes.limits, ...changes } }
  }

  /** Changes what the sensors tell, and looks. */
  meet(facts: Partial<Facts>) {
    this.facts = { ...this.facts, ...facts }
    return this.look(0)
  }

  /** Looks once a second for so long; the last allowance. */
  wait(seconds: number) {
    let allowance = this.look(0)
    for (let passed = 0; passed < seconds; passed++) allowance = this.look()
    return allowance
  }

  look(afterMs: Milliseconds = second) {
    this.now += afterMs
    const input: PolicyInput = { wishes: this.wishes, facts: this.facts, machine: this.machine, now: this.now }
    const { state, allowance } = decide(this.#state, input)
    this.#state = state
    return allowance
  }
}
