import type { MenuTemplate } from './electron-api.ts'
import { type MenuRow, menuTemplate, type ShellCommand } from './menu-row.ts'
import { strings } from './strings.ts'

export interface AppMenuInit {
  platform: NodeJS.Platform
  /** Reload and developer tools are for development. */
  packaged: boolean
  /** What the owner can say now. */
  rows: MenuRow[]
  /** What can be done about updates now. */
  updates: MenuRow[]
  run: (command: ShellCommand) => void
}

/** The menu of the windows. Everything the tray offers is here too, for desktops without a tray. */
export function appMenu({ platform, packaged, rows, updates, run }: AppMenuInit): MenuTemplate {
  const words = strings.menu
  const quit: MenuTemplate[number] = {
    label: words.quit,
    accelerator: 'CommandOrControl+Q',
    click: () => run('quit'),
  }
  return [
    ...(platform === 'darwin'
      ? [
          {
            label: strings.appName,
            submenu: [
              { role: 'about' },
              { type: 'separator' },
              { role: 'hide' },
              { role: 'hideOthers' },
              { role: 'unhide' },
              { type: 'separator' },
              quit,
            ],
          } satisfies MenuTemplate[number],
        ]
      : []),
    {
      label: words.file,
      submenu: [
        ...menuTemplate(rows, run),
        ...(rows.length === 0 ? [] : ([{ type: 'separator' }] satisfies MenuTemplate)),
        { role: 'close' },
        ...(platform === 'darwin' ? [] : [quit]),
      ],
    },
    { label: words.edit, submenu: [{ role: 'copy' }, { role: 'paste' }, { role: 'selectAll' }] },
    {
      label: words.view,
      submenu: [
        { label: words.openDashboard, accelerator: 'CommandOrControl+1', click: () => run('open-dashboard') },
        { label: strings.menu.topologyWindow, accelerator: 'CommandOrControl+2', click: () => run('open-topology') },
        { label: words.logs, accelerator: 'CommandOrControl+3', click: () => run('open-logs') },
        { label: words.settings, accelerator: 'CommandOrControl+,', click: () => run('open-settings') },
        { type: 'separator' },
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        { role: 'togglefullscreen' },
        ...(packaged ? [] : ([{ role: 'reload' }, { role: 'toggleDevTools' }] satisfies MenuTemplate)),
      ],
    },
    { label: words.window, submenu: [{ role: 'minimize' }, { role: 'zoom' }] },
    {
      label: words.help,
      role: 'help',
      submenu: [
        { label: words.copyReport, click: () => run('copy-report') },
        { label: words.openLogFolder, click: () => run('open-log-folder') },
        ...menuTemplate(updates, run),
        ...(platform === 'darwin' ? [] : ([{ type: 'separator' }, { role: 'about' }] satisfies MenuTemplate)),
      ],
    },
  ]
}
