import type { Update } from '../../shared/schema/desktop.ts'
import type { MenuRow } from './menu-row.ts'
import { ownerRows } from './owner-menu.ts'
import { serviceRows } from './service-menu.ts'
import { strings } from './strings.ts'
import { type NodeState, statusSentence } from './tray-state.ts'

const words = strings.menu
const separator = { kind: 'separator' } as const

/** Rows of the tray menu, in their fixed order; only verbs that make sense now. */
export function trayMenu(state: NodeState): MenuRow[] {
  const status: MenuRow[] = [
    { kind: 'text', label: statusSentence(state) },
    ...(state.kind === 'running' && state.safeMode ? [{ kind: 'text', label: words.safeMode } as const] : []),
  ]
  if (state.kind === 'quitting')
    return [...status, separator, { kind: 'action', label: words.quitNow, command: 'quit-now' }]
  return [
    ...status,
    ...group(ownerRows(state)),
    ...group([
      { kind: 'action', label: words.openDashboard, command: 'open-dashboard' },
      {
        kind: 'action',
        label: words.topology({ nodes: state.kind === 'running' ? state.knownPeers : 0 }),
        command: 'open-topology',
      },
      ...serviceRows(state),
    ]),
    ...group([
      { kind: 'action', label: words.settings, command: 'open-settings' },
      { kind: 'action', label: words.logs, command: 'open-logs' },
      ...(state.kind === 'running' ? [updateRow(state.update)] : []),
    ]),
    ...group([{ kind: 'action', label: words.quit, command: 'quit' }]),
  ]
}

/** What can be done about updates now, or why nothing. */
export function updateRow(update: Update): MenuRow {
  switch (update.kind) {
    case 'off':
      return { kind: 'text', label: words.updatesOff[update.why] }
    case 'checking':
      return { kind: 'text', label: words.checkingForUpdates }
    case 'loading':
      // In tenths: a menu that is replaced at each percent cannot be used.
      return {
        kind: 'text',
        label: words.loadingUpdate({ version: update.version, share: Math.floor(update.share * 10) / 10 }),
      }
    case 'ready':
      return { kind: 'action', label: words.installUpdate({ version: update.version }), command: 'install-update' }
    case 'current':
    case 'failed':
      return { kind: 'action', label: words.checkForUpdates, command: 'check-for-updates' }
  }
}

function group(rows: MenuRow[]): MenuRow[] {
  return rows.length === 0 ? [] : [separator, ...rows]
}
