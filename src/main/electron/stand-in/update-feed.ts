import { EventEmitter } from 'node:events'
import type { UpdateFeed } from '../updater.ts'

/** A place for updates that is told what to have, and installs nothing. */
export class StandInUpdateFeed extends EventEmitter implements UpdateFeed {
  autoDownload = false
  autoInstallOnAppQuit = false
  disableWebInstaller = false
  logger: UpdateFeed['logger'] = null
  checks = 0
  installs = 0
  /** Why the next look fails. */
  failure: Error | undefined

  async checkForUpdates(): Promise<null> {
    this.checks++
    const { failure } = this
    this.failure = undefined
    if (failure !== undefined) throw failure
    return null
  }

  quitAndInstall(): void {
    this.installs++
  }
}
