import { describe, expect, it, vi } from 'vitest'
import { appMenu } from './app-menu.ts'
import type { MenuTemplate } from './electron-api.ts'
import type { ShellCommand } from './tray-menu.ts'

const platforms = ['linux', 'win32', 'darwin'] as const

function items(template: MenuTemplate): MenuTemplate {
  return template.flatMap(item => [item, ...items(item.submenu ?? [])])
}

describe.each(platforms)('the menu of the windows on %s', platform => {
  const run = vi.fn<(command: ShellCommand) => void>()
  const menu = appMenu({ platform, packaged: true, run })

  it('offers all that the tray does', () => {
    for (const item of items(menu)) item.click?.()
    const commands: ShellCommand[] = ['toggle-donating', 'open-dashboard', 'open-topology', 'open-logs', 'quit']
    expect(run.mock.calls.flat().sort()).toEqual(commands.sort())
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
    appMenu({ platform, packaged: true, run: vi.fn() }).find(menu =>
      menu.submenu?.some(({ label }) => label === 'Stop and quit'),
    )?.label
  expect(platforms.map(firstMenuWithQuit)).toEqual(['File', 'File', 'RMA Donor'])
})

it('has reload and developer tools in development only', () => {
  const roles = (packaged: boolean) =>
    items(appMenu({ platform: 'linux', packaged, run: vi.fn() })).map(item => item.role)
  expect(roles(false)).toEqual(expect.arrayContaining(['reload', 'toggleDevTools']))
  expect(roles(true)).not.toContain('reload')
  expect(roles(true)).not.toContain('toggleDevTools')
})
