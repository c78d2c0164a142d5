import { RmaError } from '../../shared/errors.ts'
import { parseInvite } from '../../shared/membership/invite.ts'
import type { JoinResult } from '../../shared/schema/membership.ts'
import type { ElectronApi } from './electron-api.ts'
import { strings } from './strings.ts'

export interface JoinOfferComponents {
  electron: { dialog: ElectronApi['dialog']; app: Pick<ElectronApi['app'], 'quit'> }
  join(input: { invite: string }): Promise<JoinResult>
  /** Has the app started anew once it has ended. */
  relaunch(): void
}

const { joining } = strings
/** The button that comes first; the other one, which Escape and Enter press, changes nothing. */
const yes = 0
const no = 1

/**
 * Asks the person whether to join the network of an invite that came as a link, does so, and starts the app anew in it. A
 * link can come from any page or mail: without a click on its button nothing happens.
 */
export async function offerToJoin({ electron, join, relaunch }: JoinOfferComponents, invite: string): Promise<void> {
  const { dialog, app } = electron
  try {
    const { network } = parseInvite(invite)
    const { response } = await dialog.showMessageBox({
      type: 'question',
      message: joining.question({ network }),
      detail: joining.warning,
      buttons: [joining.join, joining.cancel],
      defaultId: no,
      cancelId: no,
    })
    if (response !== yes) return
    const { status } = await join({ invite })
    await dialog.showMessageBox({
      type: 'info',
      message: status === 'member' ? joining.done({ network }) : joining.waiting({ network }),
      detail: joining.restart,
      buttons: [joining.ok],
    })
    relaunch()
    app.quit()
  } catch (error) {
    dialog.showErrorBox(joining.failed, error instanceof RmaError ? error.message : `${error}`)
  }
}
