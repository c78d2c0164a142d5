import { unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import { type Milliseconds, millisecond, second } from '../../../shared/units.ts'
import { writeFileDurably } from '../../config/durable-file.ts'
import { readIfPresent } from '../../config/read-if-present.ts'
import type { Logger } from '../../log.ts'
import { processIdentity } from './process-identity.ts'

const graceMs: Milliseconds = 3 * second
const lookAgainMs: Milliseconds = 50 * millisecond

const noteSchema = z.object({ pid: z.number().int().min(2), identity: z.string().min(1) })

/** A file in the data folder that says which process was started beside the node, for when the node is killed. */
export class SidecarNote {
  readonly #path: string
  readonly #log: Logger

  constructor({ log }: { log: Logger }, { dataFolder, name }: { dataFolder: string; name: string }) {
    this.#path = join(dataFolder, `${name}.process.json`)
    this.#log = log
  }

  async write(pid: number): Promise<void> {
    const identity = await processIdentity(pid)
    if (identity !== undefined) await writeFileDurably(this.#path, JSON.stringify({ pid, identity }))
  }

  async remove(): Promise<void> {
    await unlink(this.#path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error
    })
  }

  /** Ends what an earlier run of the node has left behind, and never a process that merely has its number. */
  async endOrphan(): Promise<void> {
    const text = await readIfPresent(this.#path)
    if (text === undefined) return
    const note = parseNote(text)
    if (note !== undefined && (await processIdentity(note.pid)) === note.identity) {
      this.#log.warn({ pid: note.pid }, 'a program that an earlier run has left behind is ended')
      await end(note)
    }
    await this.remove()
  }
}

function parseNote(text: string): z.infer<typeof noteSchema> | undefined {
  try {
    return noteSchema.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}

async function end({ pid, identity }: z.infer<typeof noteSchema>): Promise<void> {
  signal(pid, 'SIGTERM')
  for (let waitedMs = 0; waitedMs < graceMs; waitedMs += lookAgainMs) {
    await delay(lookAgainMs)
    if ((await processIdentity(pid)) !== identity) return
  }
  signal(pid, 'SIGKILL')
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
