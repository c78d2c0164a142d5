import type { MenuTemplate } from './electron-api.ts'
import { strings } from './strings.ts'
import { type NodeState, statusSentence } from './tray-state.ts'

/** What a menu row does. */
export type ShellCommand = 'toggle-donating' | 'open-dashboard' | 'open-topology' | 'open-logs' | 'quit'

/** One row of a menu, as data. */
export type MenuRow =
  | { kind: 'text'; label: string }
  | { kind: 'separator' }
  | { kind: 'switch'; label: string; on: boolean; command: ShellCommand }
  | { kind: 'action'; label: string; command: ShellCommand }

/** Rows of the tray menu, in their fixed order; only verbs that make sense now. */
export function trayMenu(state: NodeState): MenuRow[] {
  const words = strings.menu
  const running = state.kind === 'running'
  const stopping = running && state.status.activity.kind === 'stopping'
  return [
    { kind: 'text', label: statusSentence(state) },
    { kind: 'separator' },
    ...(running && !stopping
      ? [switchRow(words.donate, state.status.donating, 'toggle-donating'), { kind: 'separator' } as const]
      : []),
    { kind: 'action', label: words.openDashboard, command: 'open-dashboard' },
    { kind: 'action', label: words.topology(running ? state.knownPeers : 0), command: 'open-topology' },
    { kind: 'action', label: words.logs, command: 'open-logs' },
    { kind: 'separator' },
    { kind: 'action', label: words.quit, command: 'quit' },
  ]
}

function switchRow(label: string, on: boolean, command: ShellCommand): MenuRow {
  return { kind: 'switch', label, on, command }
}

/** Electron's form of the rows; `run` is called with the command of a row that was clicked. */
export function menuTemplate(rows: MenuRow[], run: (command: ShellCommand) => void): MenuTemplate {
  return rows.map(row => menuItem(row, run))
}

function menuItem(row: MenuRow, run: (command: ShellCommand) => void): MenuTemplate[number] {
  switch (row.kind) {
    case 'separator':
      return { type: 'separator' }
    case 'text':
      return { label: row.label, enabled: false }
    case 'switch':
      return { type: 'checkbox', label: row.label, checked: row.on, click: () => run(row.command) }
    case 'action':
      return { label: row.label, click: () => run(row.command) }
  }
}
