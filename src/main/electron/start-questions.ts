import type { FirewallState } from '../firewall/windows-firewall.ts'
import type { Logger } from '../log.ts'
import type { DesktopStateFile } from './desktop-state.ts'
import type { ElectronApi } from './electron-api.ts'
import { strings } from './strings.ts'

/** How the owner wants to start after starts that failed. */
export type StartWish = 'safe' | 'usual' | 'quit'

const wishes: readonly StartWish[] = ['safe', 'usual', 'quit']

export async function askForSafeMode(dialog: ElectronApi['dialog']): Promise<StartWish> {
  const words = strings.safeMode
  const { response } = await dialog.showMessageBox({
    type: 'warning',
    message: words.question,
    detail: words.detail,
    buttons: wishes.map(wish => words[wish]),
    defaultId: wishes.indexOf('safe'),
    cancelId: wishes.indexOf('usual'),
  })
  return wishes[response] ?? 'usual'
}

export interface FirewallNoteComponents {
  dialog: ElectronApi['dialog']
  /** Remembers what has been told. */
  file: DesktopStateFile
  askFirewall: () => Promise<FirewallState>
  log: Logger
}

/** Before Windows asks, its question is explained, once; that somebody has declined it is told, once. Never rejects. */
export async function explainFirewall({ dialog, file, askFirewall, log }: FirewallNoteComponents): Promise<void> {
  try {
    const state = await askFirewall()
    log.info({ state }, 'asked the firewall about this program')
    if (state === 'allowed' || file.get().told.includes(`firewall:${state}`)) return
    const words = strings.firewall[state]
    await dialog.showMessageBox({ type: 'info', message: words.message, detail: words.detail })
    file.update(each => ({ ...each, told: [...each.told, `firewall:${state}`] }))
  } catch (error) {
    log.warn({ err: error }, 'the firewall could not be asked about this program')
  }
}
