import { isDeepStrictEqual } from 'node:util'
import { RmaError } from '../../shared/errors.ts'
import type { Unavailability } from '../../shared/schema/service.ts'
import type { ReadingSettings } from '../../shared/schema/service-settings.ts'
import { minute } from '../../shared/units.ts'
import type { Clock, StopTimer } from '../clock.ts'
import type { Startable } from '../lifecycle.ts'
import { LiveValue } from '../live-value.ts'
import { type LanguageFile, languagesIn, shippedFolder, systemFolders } from './language-files.ts'

/** What documents are read in. */
export interface Languages {
  /** Where requests name none; the first counts most. */
  chosen: readonly string[]
  /** Files by code. */
  installed: ReadonlyMap<string, string>
}

/** Often enough to notice that a language was installed; four folders are listed, which costs nothing. */
const lookEveryMs = minute
const defaultChoice = ['eng']

export interface ReadingLanguagesInit {
  /** Folder of this node's own, where a donor may put data. */
  ownFolder: string
  /** Default: the machine's. */
  systemRoot?: string | undefined
  reading: ReadingSettings | undefined
}

/** The languages that this machine can read documents in: looked for at the start, each minute, and as settings change. */
export class ReadingLanguages implements Startable {
  readonly languages: LiveValue<Languages>
  readonly #clock: Clock
  readonly #init: ReadingLanguagesInit
  #reading: ReadingSettings | undefined
  #stopTimer: StopTimer = () => undefined

  constructor({ clock }: { clock: Clock }, init: ReadingLanguagesInit) {
    this.#clock = clock
    this.#init = init
    this.#reading = init.reading
    this.languages = new LiveValue<Languages>({ chosen: this.#chosen, installed: new Map() })
  }

  async start(): Promise<void> {
    this.#stopTimer = this.#clock.every(lookEveryMs, () => void this.look())
    await this.look()
  }

  stop(): void {
    this.#stopTimer()
  }

  /** Follows a change of the donor's settings; jobs that run go on. */
  configure(reading: ReadingSettings | undefined): void {
    if (isDeepStrictEqual(reading, this.#reading)) return
    this.#reading = reading
    void this.look()
  }

  async look(): Promise<void> {
    const { ownFolder, systemRoot } = this.#init
    const named = this.#reading?.dataFolder
    const folders = [named, ownFolder, shippedFolder(), ...(await systemFolders(systemRoot))]
    const installed = await languagesIn(folders.filter(folder => folder !== undefined))
    if (named !== this.#reading?.dataFolder) return // Whoever changed that looks as well.
    const found: Languages = { chosen: this.#chosen, installed }
    if (!isDeepStrictEqual(found, this.languages.get())) this.languages.set(found)
  }

  get #chosen(): readonly string[] {
    return this.#reading?.languages ?? defaultChoice
  }
}

/** What reading in the chosen languages lacks; undefined when nothing. */
export function languageNeed({ chosen, installed }: Languages): Unavailability | undefined {
  const missing = chosen.filter(code => !installed.has(code))
  return missing.length === 0 ? undefined : { kind: 'needs-language', languages: missing }
}

/**
 * Data of the languages that a request wants, of those chosen where it wants none in particular.
 *
 * @throws RmaError UNKNOWN_LANGUAGE
 */
export function languageFiles({ chosen, installed }: Languages, wanted: readonly string[] = chosen): LanguageFile[] {
  const files = [...new Set(wanted)].map(code => ({ code, file: installed.get(code) }))
  const missing = files.flatMap(({ code, file }) => (file === undefined ? [code] : []))
  if (missing.length > 0) {
    const offered = [...installed.keys()].sort()
    throw new RmaError(
      'UNKNOWN_LANGUAGE',
      `expected languages whose data is installed here (${offered.join(', ')}); got ${missing.join(', ')}`,
      { languages: missing, offered: offered.slice(0, 64) },
    )
  }
  return files.flatMap(({ code, file }) => (file === undefined ? [] : [{ code, file }]))
}
