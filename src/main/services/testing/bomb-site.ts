import { existsSync, readFileSync } from 'node:fs'
import { drawPage } from '../../../../e2e/support/letters.ts'
import { RmaError } from '../../../shared/errors.ts'
import { KiB, MiB, minute } from '../../../shared/units.ts'
import { engineEntries } from '../engine-launcher.ts'
import type { ServiceHost } from '../service-host.ts'
import { ocr } from './english-ocr.ts'
import { requestFor, testHost, textOf } from './test-host.ts'

/** Beyond what an engine may hold: as much as a decoder takes between two looks of the watch. */
const slackMiB = 512

export interface Explosion {
  /** The text that was read, or the code of the error. */
  outcome: string
  /** Whether the engine kept to its memory, and the node took hardly any. */
  contained: boolean
  /** What is read of a letter afterwards. */
  next: string
}

/** A service host that is handed documents made to fill its memory. */
export class BombSite {
  readonly #host: ServiceHost = testHost({ entries: engineEntries(import.meta.url), definitions: [ocr] })

  async explode(bytes: Uint8Array, contentType: string): Promise<Explosion> {
    const before = process.memoryUsage.rss()
    let contained = true
    const timer = setInterval(() => {
      const engineMiB = Math.max(0, ...this.#host.enginePids('ocr').map(residentMiB))
      const nodeMiB = (process.memoryUsage.rss() - before) / MiB
      contained &&= engineMiB < ocr.memoryMiB + slackMiB && nodeMiB < 200
    }, 50)
    const outcome = await this.#read(bytes, contentType)
    clearInterval(timer)
    const letter = await drawPage(['Dear Ms Whitfield,'], { width: 600, height: 200 }).png().toBuffer()
    return { outcome, contained, next: await this.#read(letter, 'image/png') }
  }

  stop(): Promise<void> {
    return this.#host.stop()
  }

  async #read(bytes: Uint8Array, contentType: string): Promise<string> {
    const fields = { service: 'ocr', contentType, accept: 'text/plain', deadlineAt: Date.now() + 2 * minute }
    try {
      return (await textOf(await this.#host.run(requestFor(bytes, fields)))).trim()
    } catch (error) {
      if (error instanceof RmaError) return error.code
      throw error
    }
  }
}

/** The most memory a process has held, in MiB; 0 where it is gone, or the system does not say. */
function residentMiB(pid: number): number {
  const file = `/proc/${pid}/status`
  const line = existsSync(file) ? /VmHWM:\s+(\d+) kB/.exec(readFileSync(file, 'utf8')) : null
  return Number(line?.[1] ?? 0) / KiB
}
