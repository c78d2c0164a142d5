import type { AppUpdater, ProgressInfo } from 'electron-updater'
import { RmaError } from '../../shared/errors.ts'
import { safeParse } from '../../shared/safe-parse.ts'
import type { Update, UpdatesOff } from '../../shared/schema/desktop.ts'
import { hour, type Milliseconds, minute } from '../../shared/units.ts'
import type { Clock, StopTimer } from '../clock.ts'
import { LiveValue } from '../live-value.ts'
import type { Logger } from '../log.ts'
import { offeredUpdateSchema, plainNotes } from './update-notes.ts'

/** Not at once: the start belongs to the node. */
const firstCheckMs: Milliseconds = 1 * minute
const checkEveryMs: Milliseconds = 6 * hour

/** The part of electron-updater that is used; tests pass a stand-in. */
export interface UpdateFeed
  extends Pick<
    AppUpdater,
    'autoDownload' | 'autoInstallOnAppQuit' | 'checkForUpdates' | 'disableWebInstaller' | 'logger' | 'quitAndInstall'
  > {
  on(event: 'checking-for-update', listener: () => void): unknown
  on(
    event: 'update-available' | 'update-downloaded' | 'update-not-available',
    listener: (info: unknown) => void,
  ): unknown
  on(event: 'download-progress', listener: (progress: ProgressInfo) => void): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
}

/** Where updates come from, or why from nowhere. `load` is called once, when the first look is due. */
export type UpdateSource = { kind: 'feed'; load: () => Promise<UpdateFeed> } | { kind: 'off'; why: UpdatesOff }

export interface UpdaterComponents {
  source: UpdateSource
  clock: Clock
  log: Logger
}

export interface UpdaterInit {
  /** Installing asks nobody for a password, so that it may happen by itself. */
  quiet: boolean
}

/** Looks for updates, loads them, and installs one when it is told to. */
export class Updater {
  readonly state: LiveValue<Update>
  readonly #components: UpdaterComponents
  readonly #init: UpdaterInit
  #feed: Promise<UpdateFeed> | undefined
  #version = ''
  #stopTimers: StopTimer[] = []

  constructor(components: UpdaterComponents, init: UpdaterInit) {
    this.#components = components
    this.#init = init
    const { source } = components
    this.state = new LiveValue(source.kind === 'off' ? source : { kind: 'current' })
  }

  start(): void {
    const { source, clock } = this.#components
    if (source.kind === 'off') return
    const look = () => void this.check().catch(error => this.#fail(error))
    this.#stopTimers = [clock.after(firstCheckMs, look), clock.every(checkEveryMs, look)]
  }

  stop(): void {
    for (const stop of this.#stopTimers) stop()
  }

  /** Looks now; what comes of it is in the state. Rejects with UPDATES_OFF, or where no feed can be had. */
  async check(): Promise<void> {
    const feed = await this.#load()
    const { kind } = this.state.get()
    if (kind === 'checking' || kind === 'loading' || kind === 'ready') return
    // Failures come as events too.
    await feed.checkForUpdates().catch(error => this.#fail(error))
  }

  /** Replaces the program and starts it anew. Only when one is loaded, and all has stopped. */
  async install(): Promise<void> {
    const feed = await this.#load()
    feed.quitAndInstall(true, true)
  }

  #load(): Promise<UpdateFeed> {
    const { source } = this.#components
    if (source.kind === 'off')
      throw new RmaError('UPDATES_OFF', 'this app has no place to get updates from', { why: source.why })
    this.#feed ??= source.load().then(feed => this.#prepare(feed))
    return this.#feed
  }

  #prepare(feed: UpdateFeed): UpdateFeed {
    const { log } = this.#components
    feed.autoDownload = true
    feed.autoInstallOnAppQuit = this.#init.quiet
    feed.disableWebInstaller = true
    feed.logger = {
      info: message => log.debug({ message: String(message) }, 'updater'),
      warn: message => log.warn({ message: String(message) }, 'updater'),
      error: message => log.warn({ message: String(message) }, 'updater'),
    }
    feed.on('checking-for-update', () => this.state.set({ kind: 'checking' }))
    feed.on('update-not-available', () => this.state.set({ kind: 'current', checkedAt: this.#components.clock.now() }))
    feed.on('update-available', info => this.#take(info, ({ version }) => ({ kind: 'loading', version, share: 0 })))
    feed.on('download-progress', ({ percent }) => {
      const share = Math.min(1, Math.max(0, Math.round(percent) / 100))
      const shown = this.state.get()
      // Progress comes many times a second; a percent is what is shown.
      if (shown.kind !== 'loading' || shown.share !== share)
        this.state.set({ kind: 'loading', version: this.#version, share })
    })
    feed.on('update-downloaded', info =>
      this.#take(info, ({ version, releaseNotes }) => ({
        kind: 'ready',
        version,
        notes: plainNotes(releaseNotes),
        waitsFor: this.#init.quiet ? 'end' : 'owner',
      })),
    )
    feed.on('error', error => this.#fail(error))
    return feed
  }

  #take(info: unknown, next: (offered: ReturnType<typeof offeredUpdateSchema.parse>) => Update): void {
    const offered = safeParse(offeredUpdateSchema, info)
    if (!offered.success) {
      this.#fail(new Error('the server described the update in a way that cannot be read'))
      return
    }
    this.#version = offered.data.version
    this.state.set(next(offered.data))
  }

  /** What is loaded stays: the next look may fail as it likes. */
  #fail(error: unknown): void {
    const message = error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : String(error)
    this.#components.log.warn({ reason: message }, 'updates could not be looked for')
    if (this.state.get().kind === 'ready') return
    this.state.set({ kind: 'failed', message: message.slice(0, 300), at: this.#components.clock.now() })
  }
}
