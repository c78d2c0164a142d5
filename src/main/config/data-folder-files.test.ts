import { once } from 'node:events'
import { chmod, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { temporaryFolder } from '../../../e2e/support/temporary-folder.ts'
import { defaultSettings, type Settings } from '../../shared/schema/settings.ts'
import { TurnedClock } from '../clock.ts'
import { createLog, LogBuffer } from '../log.ts'
import { isSameToken, loadAccessToken } from './access-token.ts'
import { prepareDataFolder } from './data-folder.ts'
import { loadIdentity } from './identity.ts'
import { readAnsweringRuntime, readRuntime, writeRuntime } from './runtime-file.ts'
import { SettingsStore } from './settings-store.ts'

const peerId = '12D3KooWQYhTNQdmr3ArTeUHRYzFg94BKyTkoWBDWez9kSCVe2Xo'
let folder: { path: string; remove: () => Promise<void> }

beforeEach(async () => {
  folder = await temporaryFolder()
})
afterEach(() => folder.remove())

function openSettings(clock = new TurnedClock()): SettingsStore {
  const log = createLog({ level: 'error', buffer: new LogBuffer() })
  return new SettingsStore({ clock, log }, { dataFolder: folder.path })
}

describe('settings file', () => {
  it('keeps a change for the next start, and only its owner can read it', async () => {
    const store = openSettings()
    await store.load()
    await store.change(settings => ({ ...settings, donating: true }))
    const again = openSettings()
    expect((await again.load()).donating).toBe(true)
    expect((await stat(join(folder.path, 'settings.json'))).mode & 0o777).toBe(0o600)
  })

  it('loses none of many changes made at once', async () => {
    const store = openSettings()
    await store.load()
    const seeds = Array.from({ length: 20 }, (_, index) => `/ip4/127.0.0.1/tcp/${4_000 + index}`)
    await Promise.all(
      seeds.map(seed =>
        store.change(settings => ({
          ...settings,
          network: { ...settings.network, seeds: [...settings.network.seeds, seed] },
        })),
      ),
    )
    expect((await openSettings().load()).network.seeds).toEqual(seeds)
  })

  it('sets a broken file aside, whole, and goes on with the defaults', async () => {
    await writeFile(join(folder.path, 'settings.json'), '{"version": 1, "donating"')
    expect((await openSettings().load()).donating).toBe(false)
    const aside = (await readdir(folder.path)).find(name => name.startsWith('settings.json.unreadable-'))
    expect(await readFile(join(folder.path, aside ?? ''), 'utf8')).toBe('{"version": 1, "donating"')
  })

  it('refuses a file of a newer version and leaves it as it is', async () => {
    await writeFile(join(folder.path, 'settings.json'), '{"version": 2}')
    await expect(openSettings().load()).rejects.toMatchObject({ code: 'SETTINGS_NEWER' })
    expect(await readFile(join(folder.path, 'settings.json'), 'utf8')).toBe('{"version": 2}')
  })

  it('of an earlier version, that know nothing of some limits, take their defaults', async () => {
    const { limits, contribution: _, ...older } = defaultSettings
    const { battery: __, ...fewer } = limits
    const programs = ['game']
    await writeFile(join(folder.path, 'settings.json'), JSON.stringify({ ...older, limits: { ...fewer, programs } }))
    expect(await openSettings().load()).toEqual({ ...defaultSettings, limits: { ...limits, programs } })
  })

  it('of a time with one bound for the connection: it holds for what comes in and for what goes out', async () => {
    const network = { pauseWhenMetered: false, kibPerSecond: 250 }
    const file = { ...defaultSettings, limits: { ...defaultSettings.limits, network } }
    await writeFile(join(folder.path, 'settings.json'), JSON.stringify(file))
    expect((await openSettings().load()).limits.network).toEqual({
      pauseWhenMetered: false,
      downKibPerSecond: 250,
      upKibPerSecond: 250,
    })
  })

  it('of a time before the first run and the choice of a language: who gives already is not led through it', async () => {
    const { welcomed: _, appearance: __, ...older } = defaultSettings
    const file = { ...older, consent: true, appearance: { theme: 'dark' } }
    await writeFile(join(folder.path, 'settings.json'), JSON.stringify(file))
    expect(await openSettings().load()).toEqual({
      ...file,
      welcomed: true,
      appearance: { theme: 'dark', language: 'system' },
    })
  })

  it('of a version whose pause of graphics cards had no end keep that pause', async () => {
    for (const [gpuPaused, gpuPause] of [
      [true, { since: 0 }],
      [false, undefined],
    ] as const) {
      await writeFile(join(folder.path, 'settings.json'), JSON.stringify({ ...defaultSettings, gpuPaused }))
      expect((await openSettings().load()).gpuPause).toEqual(gpuPause)
    }
  })

  it('that cannot be written hold all the same where the owner wants to stop, and are written when they can be', async () => {
    const clock = new TurnedClock()
    const store = openSettings(clock)
    await store.load()
    const choice = (settings: Settings): Settings => ({ ...settings, gpuPause: { since: 7 } })
    await rm(folder.path, { recursive: true })
    await expect(store.change(choice)).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' })
    expect(store.settings.get().gpuPause).toBeUndefined()
    await store.changeAtOnce(choice)
    expect(store.settings.get().gpuPause).toEqual({ since: 7 })
    await mkdir(folder.path)
    await vi.waitFor(async () => {
      clock.turn(5_000)
      expect((await openSettings().load()).gpuPause).toEqual({ since: 7 })
    })
  })

  it('say which file it is where they cannot be read', async () => {
    const path = join(folder.path, 'settings.json')
    await mkdir(path)
    await expect(openSettings().load()).rejects.toMatchObject({ code: 'DATA_FOLDER_UNUSABLE', details: { path } })
  })

  it('refuses a value out of bounds and keeps the old ones', async () => {
    const store = openSettings()
    await store.load()
    const change = store.change(settings => ({ ...settings, services: { ocr: { enabled: true, slots: 900 } } }))
    await expect(change).rejects.toMatchObject({ code: 'BAD_SETTING', details: { path: ['services', 'ocr', 'slots'] } })
    expect(store.settings.get().services).toEqual(defaultSettings.services)
  })
})

describe('identity', () => {
  it('is made once, for its owner alone', async () => {
    const first = await loadIdentity(folder.path)
    expect((await loadIdentity(folder.path)).equals(first)).toBe(true)
    expect((await stat(join(folder.path, 'identity.key'))).mode & 0o777).toBe(0o600)
  })

  it('that another seal protects is refused, never joined by a second one', async () => {
    const turned = (bytes: Uint8Array) => bytes.map(byte => byte ^ 0xff)
    const seal = { name: 'safe-storage', seal: turned, unseal: turned }
    const sealed = await loadIdentity(folder.path, seal)
    await expect(loadIdentity(folder.path)).rejects.toMatchObject({
      code: 'IDENTITY_SEALED',
      details: { path: join(folder.path, 'identity.safe-storage') },
    })
    expect((await readdir(folder.path)).filter(name => name.startsWith('identity'))).toEqual(['identity.safe-storage'])
    expect((await loadIdentity(folder.path, seal)).equals(sealed)).toBe(true)
  })

  it('is not taken for there by what a crash left of writing it', async () => {
    await writeFile(join(folder.path, 'identity.safe-storage.0123456789ab.tmp'), 'half')
    await expect(loadIdentity(folder.path)).resolves.toMatchObject({ type: 'Ed25519' })
  })

  it('is never replaced when its file is damaged', async () => {
    await writeFile(join(folder.path, 'identity.key'), 'not a key')
    await expect(loadIdentity(folder.path)).rejects.toMatchObject({ code: 'IDENTITY_CORRUPT' })
    expect(await readFile(join(folder.path, 'identity.key'), 'utf8')).toBe('not a key')
  })
})

describe('access token', () => {
  it('stays the same from start to start and compares exactly', async () => {
    const token = await loadAccessToken(folder.path)
    expect(await loadAccessToken(folder.path)).toBe(token)
    expect(isSameToken(token, token)).toBe(true)
    expect(isSameToken(`${token}x`, token)).toBe(false)
    expect(isSameToken('', token)).toBe(false)
  })
})

describe('runtime file', () => {
  const runtime = {
    peerId,
    addresses: [],
    serviceUrl: 'http://127.0.0.1:8000',
    rpcUrl: 'ws://127.0.0.1:8470/rpc',
    dashboardUrl: 'http://127.0.0.1:8470/',
  }

  it('leads to a running node', async () => {
    const listening = createServer().listen(0, '127.0.0.1')
    await once(listening, 'listening')
    const { port } = listening.address() as AddressInfo
    await writeRuntime(folder.path, { ...runtime, rpcUrl: `ws://127.0.0.1:${port}/rpc`, pid: process.pid })
    expect((await readAnsweringRuntime(folder.path)).serviceUrl).toBe('http://127.0.0.1:8000')
    await new Promise(resolve => listening.close(resolve))
    // Killed, and its process id is another's by now.
    await expect(readAnsweringRuntime(folder.path)).rejects.toMatchObject({ code: 'NODE_NOT_RUNNING' })
  })

  it('left by a process that is gone, damaged or missing means that no node runs', async () => {
    const gone = 2 ** 22 + 1
    await expect(readRuntime(folder.path)).rejects.toMatchObject({ code: 'NODE_NOT_RUNNING' })
    await writeRuntime(folder.path, { ...runtime, pid: gone })
    await expect(readRuntime(folder.path)).rejects.toMatchObject({ code: 'NODE_NOT_RUNNING' })
    await writeFile(join(folder.path, 'runtime.json'), '{}')
    await expect(readRuntime(folder.path)).rejects.toMatchObject({ code: 'NODE_NOT_RUNNING' })
  })
})

describe('data folder', () => {
  it('is made for its owner alone', async () => {
    const path = join(folder.path, 'a', 'b')
    await prepareDataFolder(path)
    expect((await stat(path)).mode & 0o777).toBe(0o700)
  })

  it.runIf(process.platform === 'linux')('that the system lets nobody make is refused', async () => {
    await expect(prepareDataFolder('/proc/rma-donor/deep')).rejects.toMatchObject({ code: 'DATA_FOLDER_UNUSABLE' })
  })

  it('that is a file is refused by name', async () => {
    const path = join(folder.path, 'file')
    await writeFile(path, '')
    await expect(prepareDataFolder(path)).rejects.toMatchObject({
      code: 'DATA_FOLDER_UNUSABLE',
      details: { folder: path },
    })
  })

  it.skipIf(process.getuid?.() === 0)('that cannot be written is refused', async () => {
    await chmod(folder.path, 0o500)
    await expect(prepareDataFolder(join(folder.path, 'x'))).rejects.toMatchObject({ code: 'DATA_FOLDER_UNUSABLE' })
  })
})
