import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { RmaError } from '../../shared/errors.ts'
import { safeParse } from '../../shared/safe-parse.ts'
import { defaultSettings, type Settings, settingsSchema } from '../../shared/schema/settings.ts'
import { type Milliseconds, second } from '../../shared/units.ts'
import type { Clock, StopTimer } from '../clock.ts'
import { LiveValue } from '../live-value.ts'
import type { Logger } from '../log.ts'
import { writeFileDurably } from './durable-file.ts'
import { readIfPresent } from './read-if-present.ts'

/** How often what could not be written is tried again. */
const retryMs: Milliseconds = 5 * second

type Change = (settings: Settings) => Settings

export interface SettingsStoreComponents {
  clock: Clock
  log: Logger
}

export interface SettingsStoreInit {
  dataFolder: string
  /** Begins with the defaults and keeps nothing; the file stays as it is. Default: false. */
  forgetful?: boolean
}

/**
 * The owner's choices, in settings.json. A change is on disk before it counts; changes queue, so none is lost. A file
 * that cannot be read as settings is set aside, never deleted, and the defaults take its place; one written by a newer
 * version is refused with SETTINGS_NEWER.
 */
export class SettingsStore {
  readonly settings = new LiveValue<Settings>(defaultSettings)
  readonly #path: string
  readonly #clock: Clock
  readonly #log: Logger
  readonly #forgetful: boolean
  #lastWrite: Promise<unknown> = Promise.resolve()
  /** What was changed at once while another change is being written; undefined: none is. */
  #meanwhile: Change[] | undefined
  #stopRetry: StopTimer = () => undefined

  constructor({ clock, log }: SettingsStoreComponents, init: SettingsStoreInit) {
    this.#path = join(init.dataFolder, 'settings.json')
    this.#forgetful = init.forgetful ?? false
    this.#clock = clock
    this.#log = log.child({ component: 'settings' })
  }

  async load(): Promise<Settings> {
    const text = this.#forgetful ? undefined : await readIfPresent(this.#path)
    if (text !== undefined) this.settings.set(await this.#parse(text))
    return this.settings.get()
  }

  /** Rejects with BAD_SETTING when the result would not be valid, with STORAGE_UNAVAILABLE when it cannot be kept. */
  change(change: Change): Promise<Settings> {
    return this.#queue(async () => {
      const meanwhile: Change[] = []
      this.#meanwhile = meanwhile
      try {
        const written = validate(change(this.settings.get()))
        await this.#write(written)
        // What has changed at once meanwhile holds as well, and is written in its own turn.
        const next = meanwhile.reduce((settings, each) => validate(each(settings)), written)
        this.settings.set(next)
        return next
      } finally {
        this.#meanwhile = undefined
      }
    })
  }

  /**
   * A change that counts at once, whether or not it can be kept: an owner who wants their machine back gets it although
   * the disk is full or hangs. It is kept as soon as that can be done. Rejects with BAD_SETTING.
   */
  async changeAtOnce(change: Change): Promise<Settings> {
    this.settings.set(validate(change(this.settings.get())))
    this.#meanwhile?.push(change)
    return await this.#queue(async () => {
      const holds = this.settings.get()
      await this.#write(holds).catch(error => {
        this.#log.error({ err: error }, 'a choice holds, but would not outlive the node: it could not be written')
        this.#writeLater()
      })
      return holds
    })
  }

  /** Writes what holds, again and again until that succeeds; any other change that is written has it in it. */
  #writeLater(): void {
    this.#stopRetry()
    this.#stopRetry = this.#clock.after(retryMs, () => {
      this.#queue(async () => {
        await this.#write(this.settings.get())
        this.#log.info('a choice that could not be written is written')
        return this.settings.get()
      }).catch(() => this.#writeLater())
    })
  }

  async #write(settings: Settings): Promise<void> {
    if (!this.#forgetful) await writeFileDurably(this.#path, `${JSON.stringify(settings, null, 2)}\n`)
    this.#stopRetry()
  }

  #queue(write: () => Promise<Settings>): Promise<Settings> {
    const queued = this.#lastWrite.then(write)
    this.#lastWrite = queued.catch(() => undefined)
    return queued
  }

  async #parse(text: string): Promise<Settings> {
    const json = parseJson(text)
    const version = safeParse(z.object({ version: z.number() }), json)
    if (version.success && version.data.version > defaultSettings.version) {
      throw new RmaError(
        'SETTINGS_NEWER',
        `${this.#path} was written by a newer version of this program: expected version ${defaultSettings.version}, got ${version.data.version}`,
        { path: this.#path },
      )
    }
    const parsed = safeParse(settingsSchema, completed(json))
    if (parsed.success) return parsed.data
    const setAside = `${this.#path}.unreadable-${this.#clock.now()}`
    await rename(this.#path, setAside)
    this.#log.error({ setAside, reason: explain(parsed.error) }, 'settings could not be read and were set aside')
    return defaultSettings
  }
}

const partsSchema = z.looseObject({
  consent: z.unknown(),
  limits: z.looseObject({}).optional(),
  contribution: z.looseObject({}).optional(),
  appearance: z.looseObject({}).optional(),
  /** Before a pause of graphics cards could end by itself. */
  gpuPaused: z.boolean().optional(),
})

const oneBoundSchema = z
  .looseObject({ network: z.looseObject({ kibPerSecond: z.unknown() }) })
  .refine(({ network }) => network.kibPerSecond !== undefined)

/** Parts, limits and so on that an earlier version did not know take their defaults; what it wrote otherwise is translated. */
function completed(json: unknown): unknown {
  const { success, data } = safeParse(partsSchema, json)
  if (!success) return json
  const { gpuPaused, ...kept } = data
  const { limits, contribution, appearance } = defaultSettings
  return {
    ...defaultSettings,
    // Who gave before there was a first run needs none.
    welcomed: data.consent === true,
    ...(gpuPaused === true ? { gpuPause: { since: 0 } } : {}),
    ...kept,
    limits: { ...limits, ...twoWays(data.limits) },
    contribution: { ...contribution, ...data.contribution },
    appearance: { ...appearance, ...data.appearance },
  }
}

/** There was one bound for what comes in and what goes out; it goes on to hold for both. */
function twoWays(limits: z.infer<typeof partsSchema>['limits']) {
  const { success, data } = safeParse(oneBoundSchema, limits)
  if (!success) return limits
  const { kibPerSecond, ...network } = data.network
  return { ...limits, network: { downKibPerSecond: kibPerSecond, upKibPerSecond: kibPerSecond, ...network } }
}

function validate(settings: Settings): Settings {
  const parsed = safeParse(settingsSchema, settings)
  if (parsed.success) return parsed.data
  throw new RmaError('BAD_SETTING', explain(parsed.error), { path: parsed.error.issues[0]?.path.map(String) })
}

function explain(error: z.ZodError): string {
  const issue = error.issues[0]
  return `${issue?.path.join('.') || 'settings'}: ${issue?.message}`
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
