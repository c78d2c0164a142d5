import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { _electron, type ElectronApplication, expect, type Page, test } from '@playwright/test'
import { defaultSettings, type Settings } from '../../src/shared/schema/settings.ts'
import { unhindered } from '../../src/shared/testing/samples.ts'
import { electronBinary, noDisplay } from './support/electron-binary.ts'
import { tryToEscape } from './support/escapes.ts'

const root = resolve(import.meta.dirname, '../..')
const binary = electronBinary()
const obstacle = 'missing' in binary ? binary.missing : noDisplay()
if (obstacle !== undefined) console.log(`Real-Electron tests are skipped: ${obstacle}`)

test.describe('the desktop app in a real Electron', () => {
  test.skip(obstacle !== undefined, obstacle)

  let dataFolder: string
  let app: ElectronApplication
  let page: Page

  async function launch(): Promise<ElectronApplication> {
    if ('missing' in binary) throw new Error(binary.missing)
    return _electron.launch({
      executablePath: binary.path,
      args: [root, ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])],
      env: { ...definedOnly(process.env), RMA_DONOR_HOME: dataFolder },
    })
  }

  test.beforeEach(async () => {
    dataFolder = await mkdtemp(join(tmpdir(), 'rma-desktop-e2e-'))
    const settings: Settings = {
      ...defaultSettings,
      network: { ...defaultSettings.network, mdns: false, listen: ['127.0.0.1'] },
      limits: unhindered,
    }
    await writeFile(join(dataFolder, 'settings.json'), JSON.stringify(settings))
    app = await launch()
    page = await app.firstWindow()
  })

  test.afterEach(async () => {
    await app.evaluate(({ app: electronApp }) => electronApp.quit())
    await app.close()
    await rm(dataFolder, { recursive: true, force: true })
  })

  test('opens the dashboard, and the switch donates once the donor has agreed', async () => {
    expect(page.url()).toContain('app://rma-donor/index.html')
    await page.getByRole('button', { name: 'Not now' }).click()
    const donate = page.getByRole('switch', { name: 'Donate Compute' })
    await donate.click()
    await page.getByRole('button', { name: 'I understand, donate compute' }).click()
    await expect(donate).toBeChecked()
  })

  test('the tray and the menu of the windows follow what the donor does', async () => {
    // The tray tells nothing of itself: what it is given from now on is noted on the way.
    await app.evaluate(({ Tray }) => {
      const { setToolTip, setImage } = Tray.prototype
      const shown = { tip: '', image: '' }
      Object.assign(globalThis, { shown })
      Tray.prototype.setToolTip = function (this: Electron.Tray, tip: string) {
        shown.tip = tip
        return setToolTip.call(this, tip)
      }
      Tray.prototype.setImage = function (this: Electron.Tray, image: string | Electron.NativeImage) {
        shown.image = String(image)
        return setImage.call(this, image)
      }
    })
    const shown = () => app.evaluate(() => Reflect.get(globalThis, 'shown') as { tip: string; image: string })
    const donates = () =>
      app.evaluate(({ Menu }) => {
        const items = Menu.getApplicationMenu()?.items.flatMap(item => item.submenu?.items ?? []) ?? []
        return items.find(item => item.label === 'Donate Compute')?.checked
      })
    expect(await donates()).toBe(false)
    await page.getByRole('button', { name: 'Not now' }).click()
    await page.getByRole('switch', { name: 'Donate Compute' }).click()
    await page.getByRole('button', { name: 'I understand, donate compute' }).click()
    await expect.poll(donates).toBe(true)
    await expect.poll(async () => (await shown()).tip).toMatch(/RMA Donor: (Ready|No network|Waiting)/)
    await page.getByRole('button', { name: 'Pause' }).click()
    await page.getByRole('menuitem', { name: 'Until I resume' }).click()
    await expect.poll(async () => (await shown()).tip).toBe('RMA Donor: Paused until you resume')
    expect((await shown()).image).toContain('paused')
  })

  test('opens the topology in a window of its own', async () => {
    const opened = app.waitForEvent('window')
    await app.evaluate(({ Menu }) => {
      const items = Menu.getApplicationMenu()?.items.flatMap(item => item.submenu?.items ?? []) ?? []
      items.find(item => item.label === 'Topology')?.click()
    })
    expect((await opened).url()).toContain('#/topology')
  })

  test('a second launch raises the hidden window and ends', async () => {
    await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close())
    const visible = () => app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.isVisible())
    expect(await visible()).toBe(false)
    const second = await launch()
    await second.waitForEvent('close')
    await expect.poll(visible).toBe(true)
  })

  test('the preload exposes one function and a name, and no Node', async () => {
    const exposed = await page.evaluate(() => {
      const bridge: unknown = Reflect.get(window, 'rmaDonor')
      return {
        members: Object.entries(bridge ?? {}).map(([name, value]) => [name, typeof value]),
        leaked: ['require', 'process', 'Buffer', 'global', 'module'].filter(name => name in window),
      }
    })
    expect(exposed).toEqual({
      members: [
        ['shell', 'string'],
        ['requestPort', 'function'],
      ],
      leaked: [],
    })
  })

  test('denies each way out of the page', async () => {
    const before = page.url()
    const outcomes = await page.evaluate(tryToEscape)
    expect(outcomes).toEqual({
      window: 'refused',
      webview: 'unknown element',
      notifications: 'denied',
      geolocation: 'denied',
      // A machine without one says so before anybody is asked.
      camera: expect.stringMatching(/^Not(Allowed|Found)Error$/),
      screen: 'NotAllowedError',
      fetch: 'TypeError',
      traversal: 403,
      script: 'blocked',
      frame: 'blocked',
      node: 'none',
    })
    await page.evaluate(() => {
      window.location.href = 'https://example.org/'
    })
    // The answer shows that the page is still there, with its script.
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
    expect(page.url()).toBe(before)
    expect(app.windows()).toHaveLength(1)
  })
})

function definedOnly(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )
}
