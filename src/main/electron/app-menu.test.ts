import { describe, expect, it, vi } from 'vitest'
import { hour } from '../../shared/units.ts'
import { appMenu } from './app-menu.ts'
import type { MenuTemplate } from './electron-api.ts'
import type { MenuRow, ShellCommand } from './menu-row.ts'

const rows: MenuRow[] = [
  { kind: 'switch', label: 'Donate Compute', on: true, command: 'toggle-donating' },
  {
    kind: 'menu',
    label: 'Pause for',
    rows: [{ kind: 'action', label: '1 h', command: { kind: 'pause', forMs: hour } }],
  },
]
const updates: MenuRow[] = [{ kind: 'action', label: 'Check for updates', command: 'check-for-updates' }]
const platforms = ['linux', 'win32', 'darwin'] as const

function items(template: MenuTemplate): MenuTemplate {
  return template.flatMap(item => [item, ...items(item.submenu ?? [])])
}

describe.each(platforms)('the menu of the windows on %s', platform => {
  const run = vi.fn<(command: ShellCommand) => void>()
  const menu = appMenu({ platform, packaged: true, rows, updates, run })

  it('offers all that the tray does', () => {
    for (const item of items(menu)) item.click?.()
    expect(new Set(run.mock.calls.flat())).toEqual(
      new Set<ShellCommand>([
        'toggle-donating',
        { kind: 'pause', forMs: hour },
        'open-dashboard',
        'open-topology',
        'open-settings',
        'open-logs',
        'check-for-updates',
        'copy-report',
        'open-log-folder',
        'quit',
      ]),
    )
  })

  it('has each shortcut once', () => {
    const shortcuts = items(menu).flatMap(({ accelerator }) => accelerator ?? [])
    expect(shortcuts).toEqual([...new Set(shortcuts)])
    expect(shortcuts).toContain('CommandOrControl+Q')
  })

  it('gives every item of its own a name', () => {
    for (const item of items(menu).filter(({ role, type }) => role === undefined && type !== 'separator'))
      expect(item.label).toMatch(/\S/)
  })
})

it('quits from the app’s own menu on macOS, from File elsewhere', () => {
  const firstMenuWithQuit = (platform: NodeJS.Platform) =>
    appMenu({ platform, packaged: true, rows, updates: [], run: vi.fn() }).find(menu =>
      menu.submenu?.some(({ label }) => label === 'Stop and quit'),
    )?.label
  expect(platforms.map(firstMenuWithQuit)).toEqual(['File', 'File', 'RMA Donor'])
})

it('begins with closing the window while there is nothing for the owner to say', () => {
  const file = appMenu({ platform: 'linux', packaged: true, rows: [], updates: [], run: vi.fn() }).find(
    ({ label }) => label === 'File',
  )
  expect(file?.submenu?.[0]).toEqual({ role: 'close' })
})

it('has reload and developer tools in development only', () => {
  const roles = (packaged: boolean) =>
    items(appMenu({ platform: 'linux', packaged, rows: [], updates: [], run: vi.fn() })).map(item => item.role)
  expect(roles(false)).toEqual(expect.arrayContaining(['reload', 'toggleDevTools']))
  expect(roles(true)).not.toContain('reload')
  expect(roles(true)).not.toContain('toggleDevTools')
})
