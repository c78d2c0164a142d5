import { join } from 'node:path'
import { z } from 'zod'
import { safeParse } from '../../shared/safe-parse.ts'
import { minute } from '../../shared/units.ts'
import type { Clock, StopTimer } from '../clock.ts'
import { writeFileDurably } from '../config/durable-file.ts'
import { readIfPresent } from '../config/read-if-present.ts'
import type { Startable } from '../lifecycle.ts'
import type { Logger } from '../log.ts'
import type { DataMeter, MonthBytes } from './data-meter.ts'

const saveEveryMs = minute

const monthSchema = z.object({ month: z.string().regex(/^\d{4}-\d{2}$/), bytes: z.number().int().min(0) })
const keptSchema = z.object({ months: z.array(monthSchema).max(12) })

export interface DataMeterFileComponents {
  meter: DataMeter
  clock: Clock
  log: Logger
}

/**
 * Keeps what the meter counts over restarts, in data-meter.json: what is relayed, and bodies of which only a part came,
 * are in no ledger. A crash loses what passed in the last minute. While nothing passes nothing is written.
 */
export class DataMeterFile implements Startable {
  readonly #path: string
  readonly #meter: DataMeter
  readonly #clock: Clock
  readonly #log: Logger
  /** As the meter had counted it. */
  #saved = 0
  #failing = false
  #saving: Promise<void> = Promise.resolve()
  #stopTimer: StopTimer = () => undefined

  constructor({ meter, clock, log }: DataMeterFileComponents, { dataFolder }: { dataFolder: string }) {
    this.#path = join(dataFolder, 'data-meter.json')
    this.#meter = meter
    this.#clock = clock
    this.#log = log.child({ component: 'data meter' })
  }

  async start(): Promise<void> {
    const kept = await this.#load()
    for (const month of kept) this.#meter.catchUp(month)
    this.#stopTimer = this.#clock.every(saveEveryMs, () => void this.#save())
  }

  /** Never rejects: what cannot be written is said in the log. */
  async stop(): Promise<void> {
    this.#stopTimer()
    await this.#save()
  }

  /** Without it, the ledger says what earlier runs have used. */
  async #load(): Promise<MonthBytes[]> {
    try {
      const text = await readIfPresent(this.#path)
      return text === undefined ? [] : parseKept(text)
    } catch (error) {
      this.#log.warn({ err: error }, 'how much has passed this month cannot be read: what the ledger has counts')
      return []
    }
  }

  /** One after the other, so that the last is what stays. */
  #save(): Promise<void> {
    this.#saving = this.#saving.then(() => this.#write())
    return this.#saving
  }

  async #write(): Promise<void> {
    const { counted, readings: months } = this.#meter
    if (counted === this.#saved) return
    try {
      await writeFileDurably(this.#path, `${JSON.stringify({ months })}\n`)
      this.#saved = counted
      this.#failing = false
    } catch (error) {
      if (!this.#failing) this.#log.warn({ err: error }, 'how much has passed this month cannot be kept')
      this.#failing = true
    }
  }
}

/** @throws SyntaxError or ZodError for what was not written here */
function parseKept(text: string): MonthBytes[] {
  const kept = safeParse(keptSchema, JSON.parse(text))
  if (!kept.success) throw kept.error
  return kept.data.months
}
