import { hour, type Milliseconds } from '../../shared/units.ts'
import type { Clock } from '../clock.ts'
import type { DesktopStateFile } from './desktop-state.ts'
import type { ElectronApi, ElectronNotification } from './electron-api.ts'
import { mayReturn, type Notice, type NoticeFacts, noticesOf } from './notices.ts'
import { strings } from './strings.ts'

const remembered = 100
/** What has been well for so long and fails again is another thing: engines that come and go within it are told once. */
const wellForMs = 1 * hour

export interface NotifierComponents {
  electron: Pick<ElectronApi, 'Notification'>
  file: DesktopStateFile
  clock: Clock
}

export interface NotifierInit {
  /** The owner sees the app: its pages tell them. */
  anySeen: () => boolean
  open: (notice: Notice) => void
}

/** Tells the owner what needs them, while they do not look, and never twice. */
export class Notifier {
  readonly #components: NotifierComponents
  readonly #init: NotifierInit
  #before: NoticeFacts | undefined
  /** Since when what was told has been over, by key. */
  readonly #wellSince = new Map<string, Milliseconds>()
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
    this.#forgetWhatIsWell(new Set(notices.map(({ key }) => key)))
  }

  #forgetWhatIsWell(failing: ReadonlySet<string>): void {
    const { file, clock } = this.#components
    const now = clock.now()
    for (const key of file.get().told) {
      if (!mayReturn(key) || failing.has(key)) this.#wellSince.delete(key)
      else if (!this.#wellSince.has(key)) this.#wellSince.set(key, now)
    }
    const over = [...this.#wellSince].filter(([, since]) => now - since >= wellForMs).map(([key]) => key)
    if (over.length === 0) return
    for (const key of over) this.#wellSince.delete(key)
    file.update(state => ({ ...state, told: state.told.filter(key => !over.includes(key)) }))
  }

  #tell(notice: Notice): void {
    const { file } = this.#components
    if (notice.key !== '') {
      if (file.get().told.includes(notice.key)) return
      file.update(state => ({ ...state, told: [...state.told, notice.key].slice(-remembered) }))
    }
    if (this.#init.anySeen() || !file.get().notifications) return
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
