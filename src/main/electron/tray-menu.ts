import type { MenuRow } from './menu-row.ts'
import { ownerRows } from './owner-menu.ts'
import { strings } from './strings.ts'
import { type NodeState, statusSentence } from './tray-state.ts'

/** Rows of the tray menu, in their fixed order; only verbs that make sense now. */
export function trayMenu(state: NodeState): MenuRow[] {
  const words = strings.menu
  const owner = ownerRows(state)
  return [
    { kind: 'text', label: statusSentence(state) },
    { kind: 'separator' },
    ...(owner.length > 0 ? [...owner, { kind: 'separator' } as const] : []),
    { kind: 'action', label: words.openDashboard, command: 'open-dashboard' },
    {
      kind: 'action',
      label: words.topology({ nodes: state.kind === 'running' ? state.knownPeers : 0 }),
      command: 'open-topology',
    },
    { kind: 'action', label: words.logs, command: 'open-logs' },
    { kind: 'separator' },
    { kind: 'action', label: words.quit, command: 'quit' },
  ]
}
