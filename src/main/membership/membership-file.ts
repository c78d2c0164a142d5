import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { RmaError } from '../../shared/errors.ts'
import { maxCertificateLength } from '../../shared/membership/certificate.ts'
import { maxRevocationsLength } from '../../shared/membership/revocations.ts'
import { safeParse } from '../../shared/safe-parse.ts'
import { writeFileDurably } from '../config/durable-file.ts'
import { readIfPresent } from '../config/read-if-present.ts'

const heldSchema = z.object({
  certificate: z.string().max(maxCertificateLength).optional(),
  revocations: z.string().max(maxRevocationsLength).optional(),
})
/** What a member keeps of the CA's words: its certificate, and the newest list of what was taken back. */
export interface HeldMembership {
  certificate?: string
  revocations?: string
}

/** One file a network, so that coming back to a network needs no new invite. */
export class MembershipFile {
  readonly #folder: string
  readonly #path: string

  constructor(dataFolder: string, networkId: string) {
    this.#folder = join(dataFolder, 'membership')
    this.#path = join(this.#folder, `${networkId}.json`)
  }

  /** What was kept, not verified; nothing where the file is missing or damaged: all of it can be had again. */
  async read(): Promise<HeldMembership> {
    const text = await readIfPresent(this.#path)
    const { certificate, revocations } = safeParse(heldSchema, parseJson(text ?? '')).data ?? {}
    return {
      ...(certificate === undefined ? {} : { certificate }),
      ...(revocations === undefined ? {} : { revocations }),
    }
  }

  /** Rejects with STORAGE_UNAVAILABLE. */
  async write(held: HeldMembership): Promise<void> {
    await this.#makeFolder()
    await writeFileDurably(this.#path, `${JSON.stringify(held)}\n`)
  }

  async #makeFolder(): Promise<void> {
    const path = this.#folder
    try {
      await mkdir(path, { recursive: true, mode: 0o700 })
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new RmaError('STORAGE_UNAVAILABLE', `${path} could not be made: ${reason}`, { path }, { cause })
    }
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
