import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/message-port'
import type { ContractRouterClient } from '@orpc/contract'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Contract } from '../../shared/contract/index.ts'
import { RmaError } from '../../shared/errors.ts'
import { formatInvite } from '../../shared/membership/invite.ts'
import type { Gpu } from '../../shared/schema/capabilities.ts'
import type { Job } from '../../shared/schema/job.ts'
import type { Status } from '../../shared/schema/status.ts'
import { sampleServiceNeeds, sampleStatus } from '../../shared/testing/samples.ts'
import { hour, minute, second } from '../../shared/units.ts'
import type { StandInElectron } from './stand-in/electron.ts'
import { type LaunchOptions, prepareDesktop, writePages } from './stand-in/launch.ts'
import { SmallNode } from './stand-in/small-node.ts'
import { StandInSystem } from './stand-in/system.ts'
import { StandInUpdateFeed } from './stand-in/update-feed.ts'

const servedJob: Job = {
  id: 'job-1',
  service: 'ocr',
  role: 'served',
  requester: sampleStatus.self.peerId,
  state: 'running',
  createdAt: 0,
  bytesIn: 10,
  bytesOut: 0,
}

let folder: string
const started: StandInElectron[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rma-desktop-'))
  await writePages(folder)
})

afterEach(async () => {
  for (const electron of started.splice(0)) {
    electron.app.quit()
    await electron.app.exited
  }
  await rm(folder, { recursive: true, force: true })
})

const prepare = (options?: LaunchOptions) => prepareDesktop(folder, options)

async function launch(options: LaunchOptions = {}) {
  const app = prepare(options)
  started.push(app.electron)
  app.electron.app.becomeReady()
  await app.desktop.start()
  return app
}

async function launchVisible(options: LaunchOptions = {}) {
  const app = await launch(options)
  await vi.waitFor(() => expect(app.electron.window.isVisible()).toBe(true))
  return app
}

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
    started.push(app.electron)
    app.electron.app.wasOpenedAtLogin = true
    app.electron.app.becomeReady()
    await app.desktop.start()
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
    const { electron, desktop } = prepare({ argv: ['--hidden'] })
    started.push(electron)
    electron.app.emit('open-url', { preventDefault: vi.fn() }, 'rma-donor://open/logs')
    electron.app.becomeReady()
    await desktop.start()
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
      expect(electron.app.relaunches).toBe(1)
    })

    it('change nothing where the person does not want that, and ask once at a time', async () => {
      const { electron, node } = await launchVisible()
      electron.pressed = 1
      follow(electron, invite)
      follow(electron, invite)
      await vi.waitFor(() => expect(electron.questions).toHaveLength(1))
      expect(node.joined).toEqual([])
      expect(electron.app.relaunches).toBe(0)
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

describe('the tray', () => {
  it('switches donating and follows the node', async () => {
    const { electron, clock, node } = await launch()
    expect(electron.tray.image).toBe('/assets/tray/connecting-panel-on-light.png')
    clock.turn(1 * second)
    expect(electron.tray.image).toBe('/assets/tray/paused-panel-on-light.png')
    electron.tray.menu.click('Donate Compute')
    await vi.waitFor(() => expect(node.status.get().donating).toBe(true))
    clock.turn(1 * second)
    expect(electron.tray.image).toBe('/assets/tray/donating-panel-on-light.png')
    expect(electron.tray.menu.labels[0]).toBe('Ready: no requests yet')
    expect(electron.tray.menu.template.find(row => row.label === 'Donate Compute')?.checked).toBe(true)
  })

  it('pauses for a while, and offers the way back in its place, in the windows’ menu too', async () => {
    const { electron, clock, node } = await launch()
    await node.setDonating(true)
    clock.turn(1 * second)
    electron.tray.menu.click('2 h', 'Pause for')
    await vi.waitFor(() => expect(node.status.get().activity).toEqual({ kind: 'paused', until: 2 * hour }))
    clock.turn(1 * second)
    expect(electron.tray.image).toBe('/assets/tray/paused-panel-on-light.png')
    expect(electron.tray.menu.labels).not.toContain('Pause for')
    electron.applicationMenu?.click('Resume')
    await vi.waitFor(() => expect(node.status.get().activity).toEqual({ kind: 'ready' }))
    clock.turn(1 * second)
    expect(electron.tray.menu.labels).toContain('Pause for')
  })

  it('pauses the graphics card alone, and offers to go on as soon as the node has heard', async () => {
    const { electron, clock, node } = await launch()
    const gpus: Gpu[] = [{ vendor: 'nvidia', model: 'RTX 4060', vramMiB: 8_192 }]
    node.status.update(status => ({ ...status, capabilities: { ...status.capabilities, gpus } }))
    await node.setDonating(true)
    clock.turn(1 * second)
    electron.tray.menu.click('Until I resume', 'Pause GPU')
    await vi.waitFor(() => expect(node.settings.get().gpuPause).toEqual({ since: 0 }))
    clock.turn(1 * second)
    electron.tray.menu.click('Resume GPU')
    await vi.waitFor(() => expect(node.settings.get().gpuPause).toBeUndefined())
  })

  it('shows the dashboard when a wish fails', async () => {
    const node = new SmallNode()
    node.resume = async () => {
      throw new RmaError('DATA_FOLDER_UNUSABLE', 'the disk is full')
    }
    const { electron, clock } = await launchVisible({ node })
    await node.setDonating(true)
    await node.pause()
    clock.turn(1 * second)
    electron.window.close()
    electron.tray.menu.click('Resume')
    await vi.waitFor(() => expect(electron.window.isVisible()).toBe(true))
  })

  it('opens the dashboard where the donor has to consent first, with the tick taken back', async () => {
    const { electron, node } = await launchVisible({ node: new SmallNode({ consent: false }) })
    electron.window.close()
    electron.tray.menu.click('Open dashboard')
    const before = electron.tray.menusSet
    electron.applicationMenu?.click('Donate Compute')
    await vi.waitFor(() => expect(electron.window.isVisible()).toBe(true))
    expect(electron.tray.menusSet).toBe(before + 1)
    expect(node.status.get().donating).toBe(false)
  })

  it('is updated at most once a second, and its menu only when the words change', async () => {
    const { electron, clock, node } = await launch()
    clock.turn(1 * second)
    const before = electron.tray.menusSet
    for (let known = 1; known <= 50; known++) {
      node.topology.update(topology => ({ ...topology, counts: { ...topology.counts, known } }))
    }
    clock.turn(5 * second)
    expect(electron.tray.menusSet).toBeLessThanOrEqual(before + 2)
    expect(electron.tray.menu.labels).toContain('Topology (50)')
    const after = electron.tray.menusSet
    node.status.update(status => ({ ...status, load: { ...status.load, cpu: 0.5 } }))
    clock.turn(5 * second)
    expect(electron.tray.menusSet).toBe(after)
  })

  it('is drawn again when the system bar changes its colour', async () => {
    const { electron, clock } = await launch()
    clock.turn(1 * second)
    electron.nativeTheme.shouldUseDarkColorsForSystemIntegratedUI = true
    electron.nativeTheme.emit('updated')
    expect(electron.tray.image).toBe('/assets/tray/paused-panel-on-dark.png')
  })
})

describe('windows', () => {
  it('closing hides to the tray, and says so once ever', async () => {
    const { electron } = await launchVisible()
    const { window } = electron
    expect(window.close()).toBe(false)
    expect(window.isVisible()).toBe(false)
    electron.tray.menu.click('Open dashboard')
    window.close()
    expect(electron.notifications).toHaveLength(1)
    expect(electron.app.hasExited).toBe(false)
  })

  it('closing quits where nothing would lead back and nothing goes on', async () => {
    const { electron, node } = await launchVisible({ withoutTray: true })
    electron.window.close()
    await electron.app.exited
    expect(node.stopped).toBe(1)
  })

  it('a window hidden for five minutes is destroyed and made again on demand', async () => {
    const { electron, clock } = await launchVisible()
    const first = electron.window
    await first.loadURL('app://rma-donor/index.html#/contribution')
    first.close()
    clock.turn(5 * minute - 1)
    expect(first.isDestroyed()).toBe(false)
    clock.turn(1)
    expect(first.isDestroyed()).toBe(true)
    expect(electron.app.hasExited).toBe(false)
    electron.tray.menu.click('Open dashboard')
    await vi.waitFor(() => expect(electron.window.isVisible()).toBe(true))
    expect(electron.windows).toHaveLength(2)
    expect(electron.window.webContents.url).toBe('app://rma-donor/index.html#/contribution')
  })

  it('the topology opens in one window of its own and closes for good', async () => {
    const { electron } = await launchVisible()
    electron.tray.menu.click('Topology (0)')
    electron.tray.menu.click('Topology (0)')
    expect(electron.windows).toHaveLength(2)
    expect(electron.window.webContents.url).toBe('app://rma-donor/index.html#/topology?window=1')
    expect(electron.window.close()).toBe(true)
  })

  it('opens where it was left', async () => {
    const { electron, clock } = await launchVisible()
    const bounds = { x: 40, y: 60, width: 900, height: 700 }
    electron.window.place(bounds)
    clock.turn(1 * second)
    electron.app.quit()
    await electron.app.exited
    expect(JSON.parse(await readFile(join(folder, 'data', 'desktop.json'), 'utf8')).windows.dashboard.bounds).toEqual(
      bounds,
    )
    const again = await launchVisible()
    expect(again.electron.window.options).toMatchObject(bounds)
  })

  it('a crashed page is loaded again, and given up after the fourth time within a minute', async () => {
    const { electron } = await launchVisible()
    const { window } = electron
    for (let crash = 1; crash <= 3; crash++) {
      window.webContents.crash('crashed')
      await vi.waitFor(() => expect(window.webContents.loads).toBe(1 + crash))
    }
    window.webContents.crash('crashed')
    expect(window.isDestroyed()).toBe(true)
    expect(electron.app.hasExited).toBe(false)
  })
})

describe('the RPC port', () => {
  it('answers the page that asked, and a reload gets a fresh one while the old one closes', async () => {
    const { electron, node } = await launchVisible()
    const { webContents } = electron.window
    const first = await webContents.receivePort()
    const client: ContractRouterClient<Contract> = createORPCClient(new RPCLink({ port: first }))
    first.start()
    expect((await client.status.get()).self.peerId).toBe(node.status.get().self.peerId)

    const closed = new Promise<void>(resolve => first.once('close', () => resolve()))
    webContents.reload()
    await closed
    await vi.waitFor(() => expect(webContents.loads).toBe(2))
    const second = await webContents.receivePort()
    const again: ContractRouterClient<Contract> = createORPCClient(new RPCLink({ port: second }))
    second.start()
    await again.donation.set({ donating: true })
    expect(node.status.get().donating).toBe(true)
  })

  it('lets a page see and change the app around the node, and tells it of each change', async () => {
    const { electron } = await launchVisible({ isPackaged: true })
    const port = await electron.window.webContents.receivePort()
    const client: ContractRouterClient<Contract> = createORPCClient(new RPCLink({ port }))
    port.start()
    const states = await client.desktop.watch()
    const next = async () => (await states.next()).value
    expect(await next()).toMatchObject({ kind: 'app', autostart: 'off', notifications: true })
    await client.desktop.set({ autostart: true })
    expect(await next()).toMatchObject({ autostart: 'on' })
    await client.desktop.set({ notifications: false })
    expect(await next()).toMatchObject({ autostart: 'on', notifications: false })
    await states.return()
  })

  it('is refused to frames and to other origins', async () => {
    const { electron } = await launchVisible()
    const { webContents } = electron.window
    webContents.requestPort({ origin: 'https://evil.example', parent: null })
    webContents.requestPort({ origin: 'app://rma-donor', parent: {} })
    webContents.requestPort(null)
    expect(webContents.ports).toHaveLength(0)
  })

  it('comes as soon as the node is there when the page was faster', async () => {
    const created = Promise.withResolvers<SmallNode>()
    const { electron, desktop } = prepare({ createNode: () => created.promise })
    started.push(electron)
    electron.app.becomeReady()
    const running = desktop.start()
    await vi.waitFor(() => expect(electron.window.isVisible()).toBe(true))
    const port = electron.window.webContents.receivePort()
    expect(electron.window.webContents.ports).toHaveLength(0)
    created.resolve(new SmallNode())
    await port
    await running
  })
})

describe('what a page may not do', () => {
  it('leave the app, in the main frame or any other', async () => {
    const { webContents } = (await launchVisible()).electron.window
    expect(webContents.navigate('https://example.org/')).toBe(false)
    expect(webContents.navigate('file:///etc/passwd')).toBe(false)
    expect(webContents.navigate('app://rma-donor/index.html', { isMainFrame: false })).toBe(false)
    expect(webContents.redirect('https://example.org/')).toBe(false)
    expect(webContents.navigate('app://rma-donor/index.html#/logs')).toBe(true)
  })

  it('open windows or webviews; only listed https links reach the system browser', async () => {
    const { electron } = await launchVisible()
    const { webContents } = electron.window
    for (const url of ['https://github.com/x', 'https://evil.example/', 'http://github.com/', 'file:///etc/passwd'])
      expect(webContents.openWindow(url)).toBe(false)
    expect(electron.opened).toEqual(['https://github.com/x'])
    expect(webContents.attachWebview()).toBe(false)
    expect(webContents.openWindow('app://rma-donor/index.html#/topology?window=1')).toBe(false)
    expect(electron.windows).toHaveLength(2)
  })

  it('get permissions, devices or downloads beyond copying and exporting its own text', async () => {
    const { electron } = await launchVisible()
    const { webContents } = electron.window
    const session = electron.session.defaultSession
    for (const permission of ['media', 'geolocation', 'notifications', 'clipboard-read', 'openExternal', 'usb'])
      expect(session.grants(webContents, permission, 'app://rma-donor')).toBe(false)
    expect(session.grants(webContents, 'clipboard-sanitized-write', 'app://rma-donor')).toBe(true)
    expect(session.grants(webContents, 'clipboard-sanitized-write', 'https://evil.example')).toBe(false)
    expect(session.guardsDevices).toBe(true)
    expect(session.download('https://evil.example/x.exe')).toBe(false)
    expect(session.download('blob:app://rma-donor/0e5b')).toBe(true)
  })
})

describe('quit', () => {
  it('stops the node before the app ends', async () => {
    const node = new SmallNode()
    const gate = Promise.withResolvers<void>()
    node.stopGate = gate.promise
    const { electron } = await launchVisible({ node })
    electron.tray.menu.click('Stop and quit')
    electron.app.quit()
    expect(electron.app.hasExited).toBe(false)
    gate.resolve()
    expect(await electron.app.exited).toBe(0)
    expect(node.stopped).toBe(1)
    expect(electron.trays[0]?.isDestroyed()).toBe(true)
    expect(electron.windows.every(window => window.isDestroyed())).toBe(true)
  })

  it('ends after 20 s when the node does not stop', async () => {
    const node = new SmallNode()
    node.stopGate = new Promise<void>(() => undefined)
    const { electron, clock } = await launchVisible({ node })
    electron.app.quit()
    await vi.waitFor(() => {
      clock.turn(20 * second)
      expect(electron.app.hasExited).toBe(true)
    })
  })

  it('finishes its jobs first, and shows that', async () => {
    const node = new SmallNode()
    const job = Promise.withResolvers<void>()
    node.drainGate = job.promise
    const { electron, clock } = await launchVisible({ node })
    node.jobs.set({ jobs: [servedJob] })
    electron.tray.menu.click('Stop and quit')
    clock.turn(1 * second)
    expect(electron.tray.tip).toContain('Finishing 1 request, then quitting')
    expect(electron.tray.menu.labels).toEqual(['Finishing 1 request, then quitting', '—', 'Quit without waiting'])
    expect(electron.applicationMenu?.template[0]?.submenu?.[0]?.label).toBe('Finishing 1 request, then quitting')
    expect(node.stopped).toBe(0)
    job.resolve()
    expect(await electron.app.exited).toBe(0)
    expect(node.stopped).toBe(1)
  })

  it('waits no longer when the owner does not want to, when the system shuts down, or after two minutes', async () => {
    const ways: ((app: Awaited<ReturnType<typeof launchVisible>>) => void)[] = [
      ({ electron }) => electron.tray.menu.click('Quit without waiting'),
      ({ electron }) => electron.powerMonitor.emit('shutdown'),
      ({ clock }) => clock.turn(2 * minute),
    ]
    for (const hurry of ways) {
      const node = new SmallNode()
      node.drainGate = new Promise<void>(() => undefined)
      const app = await launchVisible({ node })
      app.electron.app.quit()
      app.clock.turn(1 * second)
      expect(app.electron.tray.menu.labels).toContain('Quit without waiting')
      hurry(app)
      expect(await app.electron.app.exited).toBe(0)
      expect(node.stopped).toBe(1)
    }
  })

  it('is what a second launch asks for with --quit, as an installer does', async () => {
    const system = new StandInSystem()
    const { electron, node } = await launchVisible({ system })
    expect(prepare({ system, argv: ['rma-donor', '--quit'] }).isFirst).toBe(false)
    expect(await electron.app.exited).toBe(0)
    expect(node.stopped).toBe(1)
  })
})

describe('safe mode', () => {
  /** A start that dies before it is steady. */
  async function die(): Promise<void> {
    const { electron } = await launch()
    started.pop()
    electron.app.exit(1)
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
    started.push(app.electron)
    app.electron.pressed = pressed
    app.electron.app.becomeReady()
    await app.desktop.start()
    return { ...app, asked }
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

describe('notifications', () => {
  const failed = (node: SmallNode) =>
    node.status.update(status => ({
      ...status,
      services: [
        {
          type: 'ocr',
          enabled: true,
          needs: sampleServiceNeeds,
          running: 0,
          waiting: 0,
          slots: 1,
          bound: 4,
          unavailable: { kind: 'engine-failed', message: 'no model' },
        },
      ],
    }))

  it('come while nobody looks, once for the same thing, and lead to the page that says more', async () => {
    const { electron, node } = await launch({ argv: ['--hidden'] })
    failed(node)
    failed(node)
    expect(electron.notifications).toEqual([
      { title: 'RMA Donor', body: '“Read documents” does not work. The logs say why.' },
    ])
    electron.clickNotification()
    await vi.waitFor(() => expect(electron.window.isVisible()).toBe(true))
    expect(electron.window.webContents.url).toBe('app://rma-donor/index.html#/logs')
    electron.app.quit()
    await electron.app.exited
    const again = await launch({ argv: ['--hidden'] })
    failed(again.node)
    expect(again.electron.notifications).toEqual([])
  })

  it('do not come while the window is there to be read, nor later for what stood in it', async () => {
    const { electron, node } = await launchVisible()
    failed(node)
    electron.window.hide()
    failed(node)
    expect(electron.notifications).toEqual([])
  })

  it('come while the window is minimized', async () => {
    const { electron, node } = await launchVisible()
    electron.window.minimize()
    failed(node)
    expect(electron.notifications).toHaveLength(1)
  })

  it('come again for what failed anew after it was well for an hour, and not before', async () => {
    const { electron, node, clock } = await launch({ argv: ['--hidden'] })
    const well = () => node.status.update(status => ({ ...status, services: [] }))
    failed(node)
    well()
    clock.turn(59 * minute)
    failed(node)
    well()
    clock.turn(59 * minute)
    well()
    failed(node)
    expect(electron.notifications).toHaveLength(1)
    well()
    clock.turn(1 * hour)
    well()
    failed(node)
    expect(electron.notifications).toHaveLength(2)
  })

  it('do not come to an owner who does not want them', async () => {
    const { electron, node } = await launchVisible()
    await node.shell.change({ notifications: false })
    electron.window.close()
    failed(node)
    expect(electron.notifications).toEqual([])
  })

  it('tell that all work is finished, each time', async () => {
    const { electron, node } = await launch({ argv: ['--hidden'] })
    const be = (activity: Status['activity']) => node.status.update(status => ({ ...status, activity }))
    for (let time = 0; time < 2; time++) {
      be({ kind: 'stopping', jobs: 1 })
      be({ kind: 'off' })
      be({ kind: 'ready' })
    }
    expect(electron.notifications.map(({ body }) => body)).toEqual(
      Array(2).fill('All work is finished, and donating is off.'),
    )
  })
})

describe('updates', () => {
  const offered = { version: '1.1.0', releaseNotes: '<p>Reads faster</p>' }

  async function launchWithFeed(options: LaunchOptions = {}) {
    const feed = new StandInUpdateFeed()
    const app = await launch({ argv: ['--hidden'], updates: { kind: 'feed', load: async () => feed }, ...options })
    app.clock.turn(1 * minute)
    await vi.waitFor(() => expect(feed.checks).toBe(1))
    return { ...app, feed }
  }

  const updateOf = (node: SmallNode) => {
    const shell = node.shell.state.get()
    return shell.kind === 'app' ? shell.update : undefined
  }

  it('are looked for a minute after the start and every six hours, loaded, and shown with their notes', async () => {
    const { electron, clock, node, feed } = await launchWithFeed({ argv: [] })
    clock.turn(6 * hour)
    await vi.waitFor(() => expect(feed.checks).toBe(2))
    feed.emit('checking-for-update')
    expect(updateOf(node)).toEqual({ kind: 'checking' })
    feed.emit('update-not-available', offered)
    expect(updateOf(node)).toMatchObject({ kind: 'current' })
    feed.emit('update-available', offered)
    feed.emit('download-progress', { percent: 41.7 })
    expect(updateOf(node)).toEqual({ kind: 'loading', version: '1.1.0', share: 0.42 })
    feed.emit('update-downloaded', offered)
    expect(updateOf(node)).toEqual({ kind: 'ready', version: '1.1.0', notes: 'Reads faster', waitsForJobs: false })
    clock.turn(1 * second)
    // The window is there: nothing happens by itself under the eyes of the owner.
    expect(feed.installs).toBe(0)
    electron.tray.menu.click('Restart with version 1.1.0')
    await vi.waitFor(() => expect(feed.installs).toBe(1))
  })

  it('wait for a running job, then end the app cleanly, install, and start it anew without a window', async () => {
    const { electron, node, feed } = await launchWithFeed()
    node.jobs.set({ jobs: [servedJob] })
    feed.emit('update-downloaded', offered)
    node.status.update(status => ({ ...status }))
    expect(updateOf(node)).toMatchObject({ kind: 'ready', waitsForJobs: true })
    expect(feed.installs).toBe(0)
    expect(electron.notifications.map(({ body }) => body)).toEqual([
      'Version 1.1.0 is ready. It is installed once no request is being answered.',
    ])
    node.jobs.set({ jobs: [] })
    node.status.update(status => ({ ...status }))
    await vi.waitFor(() => expect(feed.installs).toBe(1))
    expect(node.stopped).toBe(1)
    electron.app.quit()
    await electron.app.exited
    const updated = await launch()
    expect(updated.electron.windows).toHaveLength(0)
    updated.electron.app.quit()
    await updated.electron.app.exited
    expect((await launchVisible()).electron.windows).toHaveLength(1)
  })

  it('that the installer does not install leave the app as it was, started anew', async () => {
    const { electron, clock, node, feed } = await launchWithFeed()
    feed.emit('update-downloaded', offered)
    node.status.update(status => ({ ...status }))
    await vi.waitFor(() => expect(feed.installs).toBe(1))
    clock.turn(10 * second)
    expect(await electron.app.exited).toBe(0)
    expect(electron.app.relaunches).toBe(1)
  })

  it('that fail, or are described in a way nobody can read, are said in words; what is loaded stays', async () => {
    const { clock, node, feed } = await launchWithFeed()
    node.jobs.set({ jobs: [servedJob] })
    feed.failure = new Error('no route\nto host')
    clock.turn(6 * hour)
    await vi.waitFor(() => expect(updateOf(node)).toMatchObject({ kind: 'failed', message: 'no route' }))
    feed.emit('update-available', { version: '../../evil' })
    expect(updateOf(node)).toMatchObject({ kind: 'failed', message: expect.stringContaining('cannot be read') })
    feed.emit('update-downloaded', offered)
    feed.emit('error', new Error('later'))
    expect(updateOf(node)).toMatchObject({ kind: 'ready' })
  })

  it('are off where there is no place to get them from', async () => {
    const { node, clock, electron } = await launch()
    clock.turn(1 * second)
    expect(updateOf(node)).toEqual({ kind: 'off', why: 'no-server' })
    await expect(node.shell.checkForUpdate()).rejects.toMatchObject({ code: 'UPDATES_OFF' })
    await expect(node.shell.installUpdate()).rejects.toMatchObject({ code: 'UPDATES_OFF' })
    expect(electron.tray.menu.labels).toContain('Updates: this build has no server for them')
  })
})

describe('the help menu', () => {
  it('puts a report on the clipboard, and opens the log files', async () => {
    const { electron } = await launchVisible()
    electron.applicationMenu?.click('Copy report for support')
    await vi.waitFor(() => expect(electron.copied).toEqual(['RMA Donor 0.1.0']))
    electron.applicationMenu?.click('Open folder with log files')
    expect(electron.opened).toEqual([join(folder, 'data', 'logs')])
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

describe('each state of the tray', () => {
  const states: [string, Partial<Status>, readonly [row: string, within?: string][]][] = [
    ['off', { donating: false, activity: { kind: 'off' } }, [['Donate Compute']]],
    ['ready', { donating: true, activity: { kind: 'ready' } }, [['1 h', 'Pause for'], ['Donate Compute']]],
    ['working', { donating: true, activity: { kind: 'working', jobs: 1 } }, [['Finish current work, then stop']]],
    ['paused', { donating: true, activity: { kind: 'paused' } }, [['Resume']]],
    [
      'waiting',
      { donating: true, activity: { kind: 'waiting', reason: { kind: 'metered' }, jobs: 0 } },
      [['Until I resume', 'Work anyway for']],
    ],
    ['alone', { donating: true, activity: { kind: 'alone' } }, [['2 h', 'Pause for']]],
    ['no-service', { donating: true, activity: { kind: 'no-service' } }, [['Donate Compute'], ['8 h', 'Pause for']]],
    ['stopping', { donating: true, activity: { kind: 'stopping', jobs: 1 } }, [['Resume'], ['4 h', 'Pause for']]],
  ]

  it.each(states)('%s has rows that do what they say', async (_name, change, rows) => {
    const { electron, clock, node } = await launch()
    const asked = vi.spyOn(node, 'setDonating')
    const others = [
      vi.spyOn(node, 'pause'),
      vi.spyOn(node, 'workAnyway'),
      vi.spyOn(node, 'resume'),
      vi.spyOn(node, 'finish'),
    ]
    for (const [row, within] of rows) {
      node.status.update(status => ({ ...status, ...change }))
      clock.turn(1 * second)
      const before = [asked, ...others].reduce((sum, spy) => sum + spy.mock.calls.length, 0)
      electron.tray.menu.click(row, within)
      await vi.waitFor(() =>
        expect([asked, ...others].reduce((sum, spy) => sum + spy.mock.calls.length, 0)).toBeGreaterThan(before),
      )
    }
  })
})
