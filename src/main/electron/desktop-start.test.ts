import { describe, expect, it, vi } from 'vitest'
import { RmaError } from '../../shared/errors.ts'
import { formatInvite } from '../../shared/membership/invite.ts'
import { minute, second } from '../../shared/units.ts'
import { desktopTest } from './stand-in/desktop-test.ts'
import type { StandInElectron } from './stand-in/electron.ts'
import { SmallNode } from './stand-in/small-node.ts'
import { StandInSystem } from './stand-in/system.ts'

const { prepare, becomeReady, launch, launchVisible, crash } = desktopTest()

describe('start', () => {
  it('shows the dashboard from the app protocol, in a sandboxed window, and starts the node', async () => {
    const { electron, node } = await launchVisible()
    expect(electron.window.webContents.url).toBe('app://rma-donor/index.html#/status')
    expect(electron.window.options.webPreferences).toMatchObject({
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webSecurity: true,
      webviewTag: false,
    })
    expect(electron.protocol.privileged).toEqual(['app'])
    expect(node.started).toBe(1)
    expect(electron.app.about).toMatchObject({ applicationName: 'RMA Donor', applicationVersion: '0.1.0+5897f2c8a1b2' })
    expect(electron.windows).toHaveLength(1)
  })

  it('stays in the tray when started hidden', async () => {
    const { electron } = await launch({ argv: ['rma-donor', '--hidden'] })
    expect(electron.windows).toHaveLength(0)
    expect(electron.tray.menu.labels).toContain('Open dashboard')
  })

  it('stays in the tray when macOS started it at login', async () => {
    const app = prepare({ platform: 'darwin' })
    app.electron.app.wasOpenedAtLogin = true
    await becomeReady(app)
    expect(app.electron.windows).toHaveLength(0)
  })

  it('says in words why the node could not start, and ends', async () => {
    const createNode = async () => {
      throw new RmaError('PORT_IN_USE', 'port 8468 is taken')
    }
    const { electron } = await launch({ createNode })
    expect(await electron.app.exited).toBe(0)
    expect(electron.errorBoxes).toEqual([
      { title: 'RMA Donor could not start', content: expect.stringContaining('port 8468 is taken') },
    ])
  })

  it.skipIf(process.platform !== 'linux')('says that its folder cannot be made, and ends', () => {
    const { isFirst, electron } = prepare({ dataFolder: '/proc/nowhere/deep' })
    expect(isFirst).toBe(false)
    expect(electron.errorBoxes).toEqual([
      { title: 'RMA Donor could not start', content: expect.stringContaining('/proc/nowhere/deep') },
    ])
  })

  it('works where there is no tray', async () => {
    const { electron, node } = await launchVisible({ withoutTray: true })
    const menu = electron.applicationMenu
    expect(menu).not.toBeNull()
    menu?.click('Donate Compute')
    await vi.waitFor(() => expect(node.status.get().donating).toBe(true))
  })
})

describe('a second launch', () => {
  it('raises the first app and ends itself', async () => {
    const system = new StandInSystem()
    const { electron } = await launchVisible({ system })
    electron.window.close()
    electron.window.minimize()
    const second = prepare({ system })
    expect(second.isFirst).toBe(false)
    expect(electron.window.isVisible()).toBe(true)
    expect(electron.window.isMinimized()).toBe(false)
    expect(electron.window.focused).toBeGreaterThan(0)
    expect(second.electron.windows).toHaveLength(0)
  })

  it('passes on the link it was started with', async () => {
    const system = new StandInSystem()
    const { electron } = await launchVisible({ system })
    prepare({ system, argv: ['rma-donor', 'rma-donor://open/logs'] })
    expect(electron.window.webContents.url).toBe('app://rma-donor/index.html#/logs')
  })
})

describe('links', () => {
  it('that come before the app is ready are followed once it is', async () => {
    const app = prepare({ argv: ['--hidden'] })
    const { electron } = app
    electron.app.emit('open-url', { preventDefault: vi.fn() }, 'rma-donor://open/logs')
    await becomeReady(app)
    expect(electron.window.webContents.url).toBe('app://rma-donor/index.html#/logs')
  })

  describe('with an invite', () => {
    const invite = formatInvite({
      network: 'charity',
      caPublicKey: 'A'.repeat(43),
      seeds: ['https://coordinator.example.org'],
    })
    const follow = ({ app }: StandInElectron, text: string) =>
      app.emit('open-url', { preventDefault: vi.fn() }, `rma-donor://join/${text}`)

    it('ask first, join, and start the app anew', async () => {
      const { electron, node } = await launchVisible()
      follow(electron, invite)
      expect(await electron.app.exited).toBe(0)
      expect(electron.questions[0]).toMatchObject({ message: 'Join the network “charity”?', defaultId: 1, cancelId: 1 })
      expect(node.joined).toEqual([invite])
      expect(electron.app.relaunchArguments).toHaveLength(1)
    })

    it('that the app was started with are not followed again by the start that comes of them', async () => {
      const argv = ['rma-donor', '--hidden', '--ozone-platform=x11', `rma-donor://join/${invite}`]
      const { electron } = await launch({ argv })
      expect(await electron.app.exited).toBe(0)
      expect(electron.app.relaunchArguments).toEqual([['--ozone-platform=x11']])
    })

    it('change nothing where the person does not want that, and ask once at a time', async () => {
      const { electron, node } = await launchVisible()
      electron.pressed = 1
      follow(electron, invite)
      follow(electron, invite)
      await vi.waitFor(() => expect(electron.questions).toHaveLength(1))
      expect(node.joined).toEqual([])
      expect(electron.app.relaunchArguments).toHaveLength(0)
    })

    it('that are broken are refused in words', async () => {
      const { electron, node } = await launch({ argv: ['rma-donor', `rma-donor://join/${invite.slice(0, -2)}`] })
      await vi.waitFor(() => expect(electron.errorBoxes).toHaveLength(1))
      expect(electron.errorBoxes[0]?.content).toMatch('not a whole invite')
      expect(node.joined).toEqual([])
    })
  })

  it('with anything else in them just show the app', async () => {
    const { electron } = await launchVisible()
    electron.app.emit('open-url', { preventDefault: vi.fn() }, 'rma-donor://join/../../etc/passwd')
    expect(electron.window.webContents.url).toBe('app://rma-donor/index.html#/status')
  })
})

describe('the firewall of Windows', () => {
  it.each([
    ['unasked', 'Windows is about to ask about networks'],
    ['blocked', 'Windows keeps other nodes from this machine'],
  ] as const)('is explained once when it is %s', async (state, message) => {
    const { electron } = await launch({ askFirewall: async () => state })
    expect(electron.questions.map(question => question.message)).toEqual([message])
    electron.app.quit()
    await electron.app.exited
    expect((await launch({ askFirewall: async () => state })).electron.questions).toEqual([])
  })

  it('costs no start where it cannot be asked, and no word where it lets nodes through', async () => {
    const askFirewall = async () => {
      throw new Error('no PowerShell')
    }
    const { electron, node } = await launch({ askFirewall })
    expect([node.started, electron.questions]).toEqual([1, []])
    expect((await launch({ askFirewall: async () => 'allowed' })).electron.questions).toEqual([])
  })
})

describe('safe mode', () => {
  /** A start that dies before it is steady. */
  async function die(): Promise<void> {
    crash((await launch()).electron)
  }

  async function launchAfterThreeFailures(pressed: number) {
    for (let start = 0; start < 3; start++) await die()
    const asked: boolean[] = []
    const node = new SmallNode()
    const app = prepare({
      createNode: async (shell, { safeMode }) => {
        asked.push(safeMode)
        node.shell = shell
        return node
      },
    })
    app.electron.pressed = pressed
    return { ...(await becomeReady(app)), asked }
  }

  it('is offered after three starts that failed, and said plainly while it lasts', async () => {
    const { electron, clock, asked } = await launchAfterThreeFailures(0)
    expect(electron.questions[0]?.buttons).toEqual(['Start in safe mode', 'Start as usual', 'Quit'])
    expect(asked).toEqual([true])
    clock.turn(1 * second)
    expect(electron.tray.menu.labels[1]).toBe('Safe mode: default settings, nothing is kept')
  })

  it('can be declined, and so can the start', async () => {
    expect((await launchAfterThreeFailures(1)).asked).toEqual([false])
    const { electron, asked } = await launchAfterThreeFailures(2)
    expect(await electron.app.exited).toBe(0)
    expect(asked).toEqual([])
  })

  it('is not offered after starts that ran for a minute, or ended because the owner wanted that', async () => {
    for (let start = 0; start < 2; start++) await die()
    const steady = await launch()
    steady.clock.turn(1 * minute)
    steady.electron.app.exit(1)
    for (let start = 0; start < 2; start++) await die()
    const ended = await launch()
    ended.electron.app.quit()
    await ended.electron.app.exited
    expect((await launch()).electron.questions).toEqual([])
  })

  it('counts starts whose node could not be made', async () => {
    const createNode = async () => {
      throw new RmaError('PORT_IN_USE', 'port 8468 is taken')
    }
    for (let start = 0; start < 3; start++) await (await launch({ createNode })).electron.app.exited
    expect((await launch()).electron.questions).toHaveLength(1)
  })
})
