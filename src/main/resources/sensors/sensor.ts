import type { SensorName } from '../../../shared/schema/allowance.ts'
import type { Milliseconds } from '../../../shared/units.ts'
import type { Fact, Facts } from '../facts.ts'

/** One way to learn one thing about the machine. */
export interface Sensor<T> {
  /** How often it is worth asking. */
  everyMs: Milliseconds
  /** Whether anybody wants to know; missing: always. What nobody asks for is not read. */
  wanted?(): boolean
  /** What throws counts as failed. */
  read(signal: AbortSignal): Fact<T> | Promise<Fact<T>>
}

export type Sensors = { [Name in SensorName]: Facts[Name] extends Fact<infer T> ? Sensor<T> : never }
