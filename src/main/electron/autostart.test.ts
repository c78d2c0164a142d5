import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Autostart } from './autostart.ts'
import { StandInElectron } from './stand-in/electron.ts'

let configFolder: string

beforeEach(async () => {
  configFolder = await mkdtemp(join(tmpdir(), 'rma-autostart-'))
})

afterEach(() => rm(configFolder, { recursive: true, force: true }))

function setUp(platform: NodeJS.Platform, { isPackaged = true, executable = '/opt/app' } = {}) {
  const { app } = new StandInElectron({ isPackaged })
  return { app, autostart: new Autostart({ app }, { platform, executable, configFolder, entryName: 'org.example' }) }
}

describe('on Linux', () => {
  it('puts a desktop file into the owner’s autostart folder, and takes it away', async () => {
    const { autostart } = setUp('linux')
    expect(await autostart.read()).toBe('off')
    await autostart.set(true)
    expect(await autostart.read()).toBe('on')
    expect(await readdir(join(configFolder, 'autostart'))).toEqual(['org.example.desktop'])
    await autostart.set(false)
    await autostart.set(false)
    expect(await readdir(join(configFolder, 'autostart'))).toEqual([])
    expect(await autostart.read()).toBe('off')
  })

  it('follows a program that has moved, and leaves an entry alone that is off or was switched off elsewhere', async () => {
    await setUp('linux').autostart.refresh()
    await setUp('linux').autostart.set(true)
    const file = join(configFolder, 'autostart', 'org.example.desktop')
    const moved = setUp('linux', { executable: '/home/ada/RMA.AppImage' })
    await moved.autostart.refresh()
    expect(await readFile(file, 'utf8')).toContain('Exec="/home/ada/RMA.AppImage"')
    await writeFile(file, '[Desktop Entry]\nHidden=true\n')
    await moved.autostart.refresh()
    expect(await moved.autostart.read()).toBe('blocked')
  })
})

describe('on Windows', () => {
  it('is an entry of its own that starts the program hidden, and tells when Windows has switched it off', async () => {
    const { app, autostart } = setUp('win32')
    await autostart.set(true)
    expect(app.loginItem).toEqual({ openAtLogin: true, path: '/opt/app', args: ['--hidden'], name: 'org.example' })
    expect(await autostart.read()).toBe('on')
    app.loginBlocked = true
    expect(await autostart.read()).toBe('blocked')
    await autostart.set(false)
    expect(await autostart.read()).toBe('off')
  })
})

describe('on macOS', () => {
  it('is a login item, and tells when the owner has to approve it', async () => {
    const { app, autostart } = setUp('darwin')
    await autostart.set(true)
    expect(app.loginItem).toEqual({ openAtLogin: true })
    expect(await autostart.read()).toBe('on')
    app.loginBlocked = true
    expect(await autostart.read()).toBe('blocked')
  })
})

it('is refused to an app that is not installed', async () => {
  const { app, autostart } = setUp('win32', { isPackaged: false })
  expect(await autostart.read()).toBe('unavailable')
  await expect(autostart.set(true)).rejects.toMatchObject({ code: 'BAD_SETTING' })
  expect(app.loginItem).toEqual({})
})
