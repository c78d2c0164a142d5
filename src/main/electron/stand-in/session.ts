import { EventEmitter } from 'node:events'
import type { ElectronSession, ElectronWebContents } from '../electron-api.ts'
import { standInEvent } from './window.ts'

/** Asks the handlers the shell has set, as Chromium would; without one it grants, as Electron does. */
export class StandInSession extends EventEmitter implements ElectronSession {
  spellChecker = true
  #request: Parameters<ElectronSession['setPermissionRequestHandler']>[0] | undefined
  #check: Parameters<ElectronSession['setPermissionCheckHandler']>[0] | undefined
  #device: Parameters<ElectronSession['setDevicePermissionHandler']>[0] = null
  #display: Parameters<ElectronSession['setDisplayMediaRequestHandler']>[0] = null

  setPermissionRequestHandler(handler: Parameters<ElectronSession['setPermissionRequestHandler']>[0]): void {
    this.#request = handler
  }

  setPermissionCheckHandler(handler: Parameters<ElectronSession['setPermissionCheckHandler']>[0]): void {
    this.#check = handler
  }

  setDevicePermissionHandler(handler: Parameters<ElectronSession['setDevicePermissionHandler']>[0]): void {
    this.#device = handler
  }

  setDisplayMediaRequestHandler(handler: Parameters<ElectronSession['setDisplayMediaRequestHandler']>[0]): void {
    this.#display = handler
  }

  setSpellCheckerEnabled(enabled: boolean): void {
    this.spellChecker = enabled
  }

  /** Whether a page gets a permission it asks for, by request and by check alike. */
  grants(contents: ElectronWebContents, permission: string, requestingUrl: string): boolean {
    let requested = this.#request === undefined
    this.#request?.(contents, permission, granted => (requested = granted), { requestingUrl })
    const checked = this.#check === undefined || this.#check(contents, permission, requestingUrl)
    if (requested !== checked) throw new Error(`request (${requested}) and check (${checked}) of ${permission} differ`)
    return requested
  }

  /** Whether any of USB, serial and HID devices and screens can still be reached. */
  get guardsDevices(): boolean {
    return this.#device !== null && this.#display !== null
  }

  /** Whether a download may go on. */
  download(url: string): boolean {
    const event = standInEvent({})
    this.emit('will-download', event, { getURL: () => url })
    return !event.defaultPrevented
  }
}
