import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { day, type Milliseconds, minute } from '../../shared/units.ts'
import type { Logger } from '../log.ts'

/** A start that has gone on for so long has not failed. */
export const steadyAfterMs: Milliseconds = 1 * minute
const failuresBeforeSafeMode = 3
const forgottenAfterMs: Milliseconds = 1 * day

const startsSchema = z.object({
  /** When the starts began that failed, one after the other. */
  failed: z.array(z.number()).max(100),
  /** When this start began, until it is steady or has ended well. */
  openSince: z.number().optional(),
})
export type Starts = z.infer<typeof startsSchema>

export const noStarts: Starts = { failed: [] }

/** A start begins: one before it that neither became steady nor ended well has failed. */
export function beginStart({ failed, openSince }: Starts, now: Milliseconds): Starts {
  const all = openSince === undefined ? failed : [...failed, openSince]
  return { failed: all.filter(at => now - at < forgottenAfterMs && at <= now).slice(-10), openSince: now }
}

/** Whether the starts before this one failed so often that safe mode is worth offering. */
export function offersSafeMode({ failed }: Starts): boolean {
  return failed.length >= failuresBeforeSafeMode
}

/**
 * How the last starts went, in starts.json of a data folder that is there. Written at once, as what comes next may be a crash; a record that cannot be
 * read or written costs the offer of safe mode, not the start.
 */
export class StartRecord {
  readonly #path: string
  readonly #log: Logger
  #starts: Starts = noStarts

  constructor({ log }: { log: Logger }, { dataFolder }: { dataFolder: string }) {
    this.#path = join(dataFolder, 'starts.json')
    this.#log = log
  }

  /** Notes a start. Returns whether safe mode is to be offered. */
  begin(now: Milliseconds): boolean {
    this.#starts = beginStart(this.#read(), now)
    this.#write()
    return offersSafeMode(this.#starts)
  }

  /** The start is steady, or the app ends because its owner wants that. */
  wentWell(): void {
    if (this.#starts.openSince === undefined) return
    this.#starts = noStarts
    this.#write()
  }

  #read(): Starts {
    try {
      return startsSchema.parse(JSON.parse(readFileSync(this.#path, 'utf8')))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
        this.#log.warn({ err: error }, 'how earlier starts went could not be read')
      return noStarts
    }
  }

  #write(): void {
    try {
      writeFileSync(`${this.#path}.tmp`, JSON.stringify(this.#starts), { mode: 0o600 })
      renameSync(`${this.#path}.tmp`, this.#path)
    } catch (error) {
      this.#log.warn({ err: error }, 'how this start goes could not be written down')
    }
  }
}
