import type { PageName } from '../../shared/pages.ts'
import type { Logger } from '../log.ts'
import type { ElectronApi, ElectronSession, ElectronWebContents } from './electron-api.ts'
import { decideWindowRequest, mayDownload, mayNavigate, mayUsePermission } from './navigation-rules.ts'

export interface LockdownComponents {
  electron: Pick<ElectronApi, 'app' | 'session' | 'shell'>
  log: Logger
}

export interface LockdownInit {
  /** A page asked to see another page of the app in a window of its own. */
  openPage: (page: PageName) => void
}

/** Applies the navigation rules to every page there is and will be. Installed once, before the first window. */
export class Lockdown {
  readonly #electron: LockdownComponents['electron']
  readonly #log: Logger
  readonly #openPage: LockdownInit['openPage']

  constructor({ electron, log }: LockdownComponents, { openPage }: LockdownInit) {
    this.#electron = electron
    this.#log = log
    this.#openPage = openPage
  }

  install(): void {
    this.#lockSession(this.#electron.session.defaultSession)
    this.#electron.app.on('web-contents-created', (_event, contents) => this.#lockContents(contents))
  }

  #lockSession(session: ElectronSession): void {
    session.setPermissionRequestHandler((_contents, permission, callback, { requestingUrl }) => {
      const granted = mayUsePermission(permission, requestingUrl)
      if (!granted) this.#log.warn({ permission }, 'denied a permission')
      callback(granted)
    })
    session.setPermissionCheckHandler((_contents, permission, origin) => mayUsePermission(permission, origin))
    session.setDevicePermissionHandler(() => false)
    session.setDisplayMediaRequestHandler((_request, callback) => callback(null))
    session.setSpellCheckerEnabled(false)
    session.on('will-download', (event, item) => {
      if (!mayDownload(item.getURL())) this.#deny(event, 'a download', item.getURL())
    })
  }

  #lockContents(contents: ElectronWebContents): void {
    contents.on('will-frame-navigate', event => {
      if (!mayNavigate(event)) this.#deny(event, 'a navigation', event.url)
    })
    contents.on('will-redirect', event => {
      if (!mayNavigate(event)) this.#deny(event, 'a redirect', event.url)
    })
    contents.on('will-attach-webview', event => this.#deny(event, 'a webview', ''))
    contents.setWindowOpenHandler(({ url }) => {
      this.#handleWindowRequest(url)
      return { action: 'deny' }
    })
  }

  #handleWindowRequest(url: string): void {
    const request = decideWindowRequest(url)
    if (request.kind === 'page') this.#openPage(request.page)
    else if (request.kind === 'refused') this.#log.warn({ url: short(url) }, 'denied a new window')
    else {
      this.#electron.shell
        .openExternal(request.url)
        .catch((error: unknown) => this.#log.warn({ err: error }, 'the system could not open a link'))
    }
  }

  #deny(event: { preventDefault(): void }, what: string, url: string): void {
    event.preventDefault()
    this.#log.warn({ url: short(url) }, `denied ${what}`)
  }
}

function short(url: string): string {
  return url.slice(0, 200)
}
