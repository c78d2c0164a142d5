import type { SensorName } from '../../shared/schema/allowance.ts'
import { type Milliseconds, second } from '../../shared/units.ts'
import type { Clock, StopTimer } from '../clock.ts'
import type { Startable } from '../lifecycle.ts'
import { LiveValue } from '../live-value.ts'
import type { Logger } from '../log.ts'
import { type Fact, type Facts, nothingKnown, unknown } from './facts.ts'
import type { Sensor, Sensors } from './sensors/sensor.ts'

const tickMs = second
/** What has not answered by then counts as failed, until it does. */
const slowMs = 10 * second
/** Looks for which what a sensor has told counts when it then tells nothing: one that fails once lets nothing begin. */
const looksBelieved = 3

export interface FactsSamplerComponents {
  sensors: Sensors
  clock: Clock
  log: Logger
  /** Calls `wake` when something may have changed that is worth an early look; returns how to stop. */
  onWake?: (wake: () => void) => () => void
}

/** Asks each sensor as often as it is worth it and holds what they said last. */
export class FactsSampler implements Startable {
  readonly facts = new LiveValue<Facts>(nothingKnown)
  readonly #parts: FactsSamplerComponents
  readonly #log: Logger
  readonly #dueAt = new Map<SensorName, Milliseconds>()
  readonly #asked = new Set<SensorName>()
  /** When each told something last, by `Clock.steady`. */
  readonly #toldAt = new Map<SensorName, Milliseconds>()
  readonly #failing = new Set<SensorName>()
  #abort = new AbortController()
  #stopTimer: StopTimer = () => undefined
  #stopWaking: () => void = () => undefined

  constructor(components: FactsSamplerComponents) {
    this.#parts = components
    this.#log = components.log.child({ component: 'sensors' })
  }

  start(): void {
    this.#abort = new AbortController()
    this.#stopTimer = this.#parts.clock.every(tickMs, () => this.#tick())
    this.#stopWaking = this.#parts.onWake?.(() => this.refresh()) ?? (() => undefined)
    this.refresh()
  }

  stop(): void {
    this.#stopTimer()
    this.#stopWaking()
    this.#abort.abort()
  }

  /** Asks every sensor now. */
  refresh(): void {
    this.#dueAt.clear()
    this.#tick()
  }

  #tick(): void {
    const now = this.#parts.clock.now()
    for (const [name, sensor] of Object.entries(this.#parts.sensors) as [SensorName, Sensor<never>][]) {
      const dueAt = this.#dueAt.get(name) ?? now
      // One that hangs is asked no second time, and believed no longer than one that fails.
      if (this.#asked.has(name) && this.#failing.has(name)) this.#learn(name, unknown('failed'))
      // A clock that was turned back must not silence a sensor.
      if (this.#asked.has(name) || (now < dueAt && dueAt - now <= sensor.everyMs)) continue
      this.#dueAt.set(name, now + sensor.everyMs)
      if (sensor.wanted?.() === false) this.#forget(name)
      else void this.#ask(name, sensor)
    }
  }

  async #ask(name: SensorName, sensor: Sensor<unknown>): Promise<void> {
    const { signal } = this.#abort
    this.#asked.add(name)
    const stopTimer = this.#parts.clock.after(slowMs, () => this.#fail(name, signal, `no answer within ${slowMs} ms`))
    try {
      const fact = await sensor.read(signal)
      if (signal.aborted) return
      if (this.#failing.delete(name)) this.#log.info({ sensor: name }, 'a sensor tells something again')
      this.#learn(name, fact)
    } catch (error) {
      this.#fail(name, signal, error instanceof Error ? error.message : String(error))
    } finally {
      stopTimer()
      this.#asked.delete(name)
    }
  }

  #fail(sensor: SensorName, signal: AbortSignal, reason: string): void {
    if (signal.aborted) return
    if (!this.#failing.has(sensor)) this.#log.warn({ sensor, reason }, 'a sensor failed: its rule does not hold')
    this.#failing.add(sensor)
    this.#learn(sensor, unknown('failed'))
  }

  /** Nobody asks for it any more. */
  #forget(name: SensorName): void {
    this.#toldAt.delete(name)
    this.#learn(name, unknown('missing'))
  }

  #learn(name: SensorName, fact: Fact<unknown>): void {
    const before = this.facts.get()[name]
    if (!before.known && !fact.known && before.cause === fact.cause) return
    const now = this.#parts.clock.steady()
    if (fact.known) this.#toldAt.set(name, now)
    else if (
      now - (this.#toldAt.get(name) ?? Number.NEGATIVE_INFINITY) <
      looksBelieved * this.#parts.sensors[name].everyMs
    )
      return
    this.facts.set({ ...this.facts.get(), [name]: fact })
  }
}
