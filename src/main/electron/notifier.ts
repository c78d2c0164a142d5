import type { Logger } from '../log.ts'
import type { DesktopStateFile } from './desktop-state.ts'
import type { ElectronApi, ElectronNotification } from './electron-api.ts'
import { type Notice, type NoticeFacts, noticesOf } from './notices.ts'
import { strings } from './strings.ts'

const remembered = 100

export interface NotifierComponents {
  electron: Pick<ElectronApi, 'Notification'>
  file: DesktopStateFile
  log: Logger
}

export interface NotifierInit {
  /** The owner sees the app: its pages tell them. */
  anyVisible: () => boolean
  open: (notice: Notice) => void
}

/** Tells the owner what needs them, while they do not look, and never twice. */
export class Notifier {
  readonly #components: NotifierComponents
  readonly #init: NotifierInit
  #before: NoticeFacts | undefined
  /** Held until they are gone: a notification that is collected as garbage cannot be clicked. */
  readonly #shown = new Set<ElectronNotification>()

  constructor(components: NotifierComponents, init: NotifierInit) {
    this.#components = components
    this.#init = init
  }

  look(facts: NoticeFacts): void {
    const notices = noticesOf(facts, this.#before)
    this.#before = facts
    for (const notice of notices) this.#tell(notice)
  }

  #tell(notice: Notice): void {
    const { file } = this.#components
    if (notice.key !== '') {
      if (file.get().told.includes(notice.key)) return
      file.update(state => ({ ...state, told: [...state.told, notice.key].slice(-remembered) }))
    }
    if (this.#init.anyVisible() || !file.get().notifications) return
    this.#show(notice)
  }

  #show(notice: Notice): void {
    const { Notification } = this.#components.electron
    if (!Notification.isSupported()) return
    const notification = new Notification({ title: strings.appName, body: notice.body })
    const forget = () => this.#shown.delete(notification)
    notification.on('click', () => {
      forget()
      this.#init.open(notice)
    })
    notification.on('close', forget)
    this.#shown.add(notification)
    notification.show()
  }
}
