import type { MenuTemplate } from './electron-api.ts'
import type { OwnerWish } from './owner-wish.ts'

/** What a menu row does. */
export type ShellCommand =
  | 'toggle-donating'
  | 'open-dashboard'
  | 'open-topology'
  | 'open-settings'
  | 'open-logs'
  | 'check-for-updates'
  | 'install-update'
  | 'copy-report'
  | 'open-log-folder'
  | 'quit'
  | 'quit-now'
  | OwnerWish

/** One row of a menu, as data. */
export type MenuRow =
  | { kind: 'text'; label: string }
  | { kind: 'separator' }
  | { kind: 'switch'; label: string; on: boolean; command: ShellCommand }
  | { kind: 'action'; label: string; command: ShellCommand; disabled?: boolean }
  | { kind: 'menu'; label: string; rows: MenuRow[]; disabled?: boolean }

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
      return { label: row.label, enabled: row.disabled !== true, click: () => run(row.command) }
    case 'menu':
      return { label: row.label, enabled: row.disabled !== true, submenu: menuTemplate(row.rows, run) }
  }
}
