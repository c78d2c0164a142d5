import type { Clock, StopTimer } from '../../src/main/clock.ts'
import { type Facts, known, nothingKnown } from '../../src/main/resources/facts.ts'
import { decide, initialPolicy } from '../../src/main/resources/policy/policy.ts'
import type { Mode } from '../../src/shared/schema/allowance.ts'
import { defaultLimits, type Limits } from '../../src/shared/schema/limits.ts'
import { type Milliseconds, minute, second } from '../../src/shared/units.ts'

/** A real governor looks each second; what counts here takes minutes. */
const tickMs = 5 * second
/** How long owners sit at their machines and how long they are away, on average. */
const presentMs = 20 * minute
const awayMs = 40 * minute
/** Of owners, who want nothing to run while they work. */
const pausingShare = 0.2

const mains = {
  power: known({ source: 'mains' as const }),
  otherCpu: known(0.05),
  cpuTemperature: known(60),
  memory: known({ totalMiB: 8_192, othersMiB: 2_048 }),
  metered: known(false),
  programs: known(new Set<string>()),
}

/** Somebody who comes and goes, and the node's own policy deciding what that means for its work. */
export class SimulatedOwner {
  mode: Mode = 'work'
  readonly #clock: Clock
  readonly #onChange: () => void
  readonly #limits: Limits
  #policy = initialPolicy
  #present: boolean
  #since: Milliseconds
  #until: Milliseconds
  #stopTimer: StopTimer = () => undefined

  constructor({ clock }: { clock: Clock }, random: () => number, onChange: () => void) {
    this.#clock = clock
    this.#onChange = onChange
    const pausing = random() < pausingShare
    this.#limits = pausing
      ? { ...defaultLimits, whileInUse: { ...defaultLimits.whileInUse, cpu: 'pause' } }
      : defaultLimits
    this.#present = random() < presentMs / (presentMs + awayMs)
    this.#since = clock.now() - awayMs
    this.#until = this.#nextTurn()
  }

  start(): void {
    this.#look()
    this.#stopTimer = this.#clock.every(tickMs, () => this.#look())
  }

  stop(): void {
    this.#stopTimer()
  }

  #look(): void {
    const now = this.#clock.now()
    if (now >= this.#until) {
      this.#present = !this.#present
      this.#since = now
      this.#until = this.#nextTurn()
    }
    const facts: Facts = { ...nothingKnown, ...mains, idle: known(this.#present ? 0 : now - this.#since) }
    const { state, allowance } = decide(this.#policy, {
      wishes: { donating: true, finishing: false, limits: this.#limits },
      facts,
      machine: { cpuThreads: 4, memoryMiB: 8_192, attended: true, leastJobMiB: 256, monthBytes: 0 },
      now,
    })
    this.#policy = state
    if (allowance.mode === this.mode) return
    this.mode = allowance.mode
    this.#onChange()
  }

  /** Memoryless, as the times of many people together are. */
  #nextTurn(): Milliseconds {
    return this.#clock.now() - Math.log(1 - Math.random()) * (this.#present ? presentMs : awayMs)
  }
}
