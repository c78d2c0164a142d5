import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { WebPreferences } from 'electron'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { minute } from '../../shared/units.ts'
import type { StandInElectron } from './stand-in/electron.ts'
import { preloadPath, prepareDesktop, writePages } from './stand-in/launch.ts'
import type { StandInWindow } from './stand-in/window.ts'

/*
 * Electron's security recommendations (https://www.electronjs.org/docs/latest/tutorial/security), by their numbers,
 * against every window the shell opens.
 */

const root = resolve(import.meta.dirname, '../../..')
let folder: string
let electron: StandInElectron
let windows: readonly StandInWindow[]
let preferences: WebPreferences[]

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rma-checklist-'))
  await writePages(folder)
  const app = prepareDesktop(folder, { isPackaged: true })
  electron = app.electron
  electron.app.becomeReady()
  await app.desktop.start()
  electron.tray.menu.click('Topology (0)')
  await vi.waitFor(() => expect(electron.windows.map(window => window.isVisible())).toEqual([true, true]))
  // A window made again after it was given up must be as safe as the first.
  electron.windows[0]?.close()
  app.clock.turn(5 * minute)
  electron.tray.menu.click('Open dashboard')
  windows = electron.windows
  expect(windows).toHaveLength(3)
  preferences = windows.map(window => window.options.webPreferences ?? {})
})

afterAll(async () => {
  electron.app.quit()
  await electron.app.exited
  await rm(folder, { recursive: true, force: true })
})

/** What the browser would be told of the app's document. */
async function policy(): Promise<Map<string, string[]>> {
  const response = await electron.protocol.fetch('app://rma-donor/index.html')
  const text = response.headers.get('content-security-policy') ?? ''
  return new Map(text.split('; ').map(directive => [directive.split(' ')[0] ?? '', directive.split(' ').slice(1)]))
}

function forEachWindow(check: (preferences: WebPreferences) => void): void {
  expect(preferences.length).toBeGreaterThan(0)
  for (const each of preferences) check(each)
}

describe('Electron’s security checklist', () => {
  it('1: only content of the app itself is loaded', async () => {
    for (const window of windows.filter(each => !each.isDestroyed()))
      expect(window.webContents.url).toMatch(/^app:\/\/rma-donor\//)
    const sources = new Set([...(await policy()).values()].flat())
    expect([...sources].sort()).toEqual(["'none'", "'self'", 'blob:', 'data:'])
  })

  it('2: pages, their frames and their workers have no Node', () => {
    forEachWindow(({ nodeIntegration, nodeIntegrationInWorker, nodeIntegrationInSubFrames }) => {
      expect([nodeIntegration, nodeIntegrationInWorker, nodeIntegrationInSubFrames]).toEqual([false, false, false])
    })
  })

  it('3: the preload script lives in a context of its own', () => {
    forEachWindow(({ contextIsolation }) => expect(contextIsolation).toBe(true))
  })

  it('4: pages are sandboxed', () => {
    forEachWindow(({ sandbox }) => expect(sandbox).toBe(true))
  })

  it('5: permissions are asked for and checked, and denied', () => {
    const { defaultSession } = electron.session
    forEachWindow(({ session, partition }) => expect([session, partition]).toEqual([undefined, undefined]))
    const { webContents } = electron.window
    for (const permission of [
      'media',
      'geolocation',
      'notifications',
      'midiSysex',
      'pointerLock',
      'fullscreen',
      'unknown',
    ])
      expect(defaultSession.grants(webContents, permission, 'app://rma-donor/')).toBe(false)
    expect(defaultSession.guardsDevices).toBe(true)
  })

  it('6: the same-origin policy holds', () => {
    forEachWindow(({ webSecurity }) => expect(webSecurity).toBe(true))
  })

  it('7: a policy forbids everything but the app’s own files, inline scripts and eval too', async () => {
    const directives = await policy()
    expect(directives.get('default-src')).toEqual(["'none'"])
    expect(directives.get('script-src')).toEqual(["'self'"])
    expect(directives.get('style-src')).toEqual(["'self'"])
    for (const closed of ['base-uri', 'form-action', 'frame-ancestors'])
      expect(directives.get(closed)).toEqual(["'none'"])
  })

  it('7: a refused address carries the policy too', async () => {
    const response = await electron.protocol.fetch('app://rma-donor/..%2fpackage.json')
    expect(response.status).toBe(403)
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'")
  })

  it('8: insecure content does not run', () => {
    forEachWindow(({ allowRunningInsecureContent }) => expect(allowRunningInsecureContent).toBe(false))
  })

  it('9: experimental features are off', () => {
    forEachWindow(({ experimentalFeatures }) => expect(experimentalFeatures).toBe(false))
  })

  it('10: no Blink feature is switched on', () => {
    forEachWindow(({ enableBlinkFeatures }) => expect(enableBlinkFeatures).toBeUndefined())
  })

  it('11, 12: there are no webviews to open popups or to bring their own preferences', () => {
    forEachWindow(({ webviewTag }) => expect(webviewTag).toBe(false))
    expect(electron.window.webContents.attachWebview()).toBe(false)
  })

  it.each([
    'https://example.org/',
    'http://127.0.0.1:8470/',
    'file:///etc/passwd',
    'data:text/html,x',
    'javascript:alert(1)',
    'app://rma-donor.evil/index.html',
    'app://rma-donor/other.html',
  ])('13: no frame navigates to %s, not by a redirect either', url => {
    const { webContents } = electron.window
    expect(webContents.navigate(url)).toBe(false)
    expect(webContents.navigate(url, { isMainFrame: false })).toBe(false)
    expect(webContents.redirect(url)).toBe(false)
  })

  it('13: the app’s own page loads in the main frame alone', () => {
    const { webContents } = electron.window
    expect(webContents.navigate('app://rma-donor/index.html#/logs')).toBe(true)
    expect(webContents.navigate('app://rma-donor/index.html#/logs', { isMainFrame: false })).toBe(false)
  })

  it.each(['https://example.org/', 'about:blank', 'app://rma-donor/index.html', 'file:///etc/passwd'])(
    '14: the browser opens no window for %s by itself',
    url => {
      expect(electron.window.webContents.openWindow(url)).toBe(false)
    },
  )

  it('15: only https links to the project’s own hosts reach the system', () => {
    const { webContents } = electron.window
    electron.opened.length = 0
    for (const url of [
      'https://github.com.evil.example/',
      'https://user@github.com/',
      'https://github.com:8443/',
      'http://github.com/',
      'file:///bin/sh',
      'smb://server/share',
      'ms-msdt:/id',
      'mailto:a@example.org',
      'rma-donor://open/logs',
      'not an address',
    ])
      webContents.openWindow(url)
    expect(electron.opened).toEqual([])
    webContents.openWindow('https://github.com/')
    expect(electron.opened).toEqual(['https://github.com/'])
  })

  it('16: the version of Electron is pinned, so that what is tested is what is shipped', async () => {
    const { devDependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
    expect(devDependencies.electron).toMatch(/^\d+\.\d+\.\d+$/)
  })

  it('17: a message from any frame but a page of the app is refused', () => {
    const { webContents } = electron.window
    const before = webContents.ports.length
    for (const origin of ['https://example.org', 'file://', 'null', 'app://rma-donor.evil', 'app://'])
      webContents.requestPort({ origin, parent: null })
    webContents.requestPort({ origin: 'app://rma-donor', parent: {} })
    webContents.requestPort(null)
    expect(webContents.ports).toHaveLength(before)
    webContents.requestPort({ origin: 'app://rma-donor', parent: null })
    expect(webContents.ports).toHaveLength(before + 1)
  })

  it('18: pages come over a protocol of the app’s own, not file://', () => {
    expect(electron.protocol.privileged).toEqual(['app'])
    expect(electron.protocol.handled).toEqual(['app'])
  })

  it('19: the fuses that would let others run code in the app are blown', async () => {
    const recipe = await readFile(join(root, 'electron-builder.yml'), 'utf8')
    for (const line of [
      'runAsNode: false',
      'enableNodeOptionsEnvironmentVariable: false',
      'enableNodeCliInspectArguments: false',
      'enableEmbeddedAsarIntegrityValidation: true',
      'onlyLoadAppFromAsar: true',
      'enableCookieEncryption: true',
    ])
      expect(recipe).toContain(`\n  ${line}\n`)
  })

  it('20: every page gets the one preload script, and nothing else', () => {
    forEachWindow(({ preload, additionalArguments }) => {
      expect(preload).toBe(preloadPath)
      expect(additionalArguments).toBeUndefined()
    })
  })
})
