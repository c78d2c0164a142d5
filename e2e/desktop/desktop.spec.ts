import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { _electron, type ElectronApplication, expect, type Page, test } from '@playwright/test'
import { defaultSettings, type Settings } from '../../src/shared/schema/settings.ts'
import { unhindered } from '../../src/shared/testing/samples.ts'
import { electronBinary, noDisplay } from './support/electron-binary.ts'

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

  test('denies navigation, new windows, permissions and foreign scripts', async () => {
    const before = page.url()
    const denied = await page.evaluate(async () => {
      const opened = window.open('https://example.org/')
      window.location.href = 'https://example.org/'
      const geolocation = await navigator.permissions.query({ name: 'geolocation' })
      const fetched = await fetch('https://example.org/').then(
        () => 'allowed',
        () => 'denied',
      )
      const traversal = await fetch('app://rma-donor/..%2f..%2fpackage.json').then(response => response.status)
      return { opened: opened === null, geolocation: geolocation.state, fetched, traversal }
    })
    expect(denied).toEqual({ opened: true, geolocation: 'denied', fetched: 'denied', traversal: 403 })
    expect(page.url()).toBe(before)
    expect(app.windows()).toHaveLength(1)
  })
})

function definedOnly(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )
}
