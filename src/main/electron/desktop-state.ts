import { join } from 'node:path'
import { z } from 'zod'
import { writeFileDurably } from '../config/durable-file.ts'
import { readIfPresent } from '../config/read-if-present.ts'
import type { Logger } from '../log.ts'

const coordinate = z.number().int().min(-100_000).max(100_000)
const extent = z.number().int().min(100).max(100_000)
const windowStateSchema = z.object({
  bounds: z.object({ x: coordinate, y: coordinate, width: extent, height: extent }),
  maximized: z.boolean(),
})

const desktopStateSchema = z.object({
  /** The donor has been told that closing the window hides it. */
  explainedHiding: z.boolean(),
  notifications: z.boolean().default(true),
  /** What has been told already, and is not told again. */
  told: z.array(z.string().max(200)).max(200).default([]),
  /** The next start is one that nobody asked for: it opens no window. */
  startHidden: z.boolean().default(false),
  windows: z.object({ dashboard: windowStateSchema.optional(), topology: windowStateSchema.optional() }),
})
export type DesktopState = z.infer<typeof desktopStateSchema>

const initialState: DesktopState = {
  explainedHiding: false,
  notifications: true,
  told: [],
  startHidden: false,
  windows: {},
}

/** What the shell remembers between runs, in desktop.json. Losing it costs comfort only, so a bad file counts as none. */
export class DesktopStateFile {
  readonly #path: string
  readonly #log: Logger
  #state = initialState
  #lastWrite: Promise<void> = Promise.resolve()

  constructor({ log }: { log: Logger }, { dataFolder }: { dataFolder: string }) {
    this.#path = join(dataFolder, 'desktop.json')
    this.#log = log
  }

  get(): DesktopState {
    return this.#state
  }

  async load(): Promise<void> {
    try {
      const text = await readIfPresent(this.#path)
      if (text !== undefined) this.#state = desktopStateSchema.parse(JSON.parse(text))
    } catch (error) {
      this.#log.warn({ err: error }, 'window places could not be read and were forgotten')
    }
  }

  update(change: (state: DesktopState) => DesktopState): void {
    this.#state = change(this.#state)
    const text = `${JSON.stringify(this.#state, null, 2)}\n`
    this.#lastWrite = this.#lastWrite.then(() =>
      writeFileDurably(this.#path, text).catch((error: unknown) =>
        this.#log.warn({ err: error }, 'window places could not be saved'),
      ),
    )
  }

  /** Resolves when everything has been written. */
  saved(): Promise<void> {
    return this.#lastWrite
  }
}
