import { RmaError } from '../../shared/errors.ts'
import type { DesktopPatch, DesktopSnapshot } from '../../shared/schema/desktop.ts'
import { LiveValue } from '../live-value.ts'

/** The app around a node, as the RPC needs it. Where there is none, all but its state rejects with NOT_ON_DESKTOP. */
export interface ShellApi {
  readonly state: LiveValue<DesktopSnapshot>
  change(patch: DesktopPatch): Promise<void>
  checkForUpdate(): Promise<void>
  /** Installs a loaded update as soon as no job runs, and starts the app anew. */
  installUpdate(): Promise<void>
}

/** For nodes without a window. */
export function noShell(): ShellApi {
  const refuse = async (): Promise<never> => {
    throw new RmaError('NOT_ON_DESKTOP', 'this node runs without the desktop app: its system starts and updates it')
  }
  return { state: new LiveValue({ kind: 'none' }), change: refuse, checkForUpdate: refuse, installUpdate: refuse }
}
