import { readFile } from 'node:fs/promises'
import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/message-port'
import type { ContractRouterClient } from '@orpc/contract'
import { describe, expect, it, vi } from 'vitest'
import type { Contract } from '../../shared/contract/index.ts'
import { minute, second } from '../../shared/units.ts'
import { desktopTest } from './stand-in/desktop-test.ts'
import { SmallNode } from './stand-in/small-node.ts'

const { prepare, becomeReady, launchVisible, dataFile } = desktopTest()

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
    expect(JSON.parse(await readFile(dataFile('desktop.json'), 'utf8')).windows.dashboard.bounds).toEqual(bounds)
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
    const app = prepare({ createNode: () => created.promise })
    const { electron } = app
    const running = becomeReady(app)
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
