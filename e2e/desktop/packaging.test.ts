import { execFile } from 'node:child_process'
import { constants, existsSync } from 'node:fs'
import { access, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { extractAll, listPackage } from '@electron/asar'
import { FuseV1Options, getCurrentFuseWire } from '@electron/fuses'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MiB, minute } from '../../src/shared/units.ts'
import { characterAccuracy, drawPage, letter } from '../support/letters.ts'
import { DesktopProcess, makeLoopbackFolder, runPackaged } from './support/desktop-process.ts'
import { makeStandInDistribution } from './support/stand-in-distribution.ts'

/** How a fuse's state is written in the binary. */
const [off, on] = [...Buffer.from('01')]
/** A quarter above what it is: a package that comes along unnoticed shows here. */
const maxArchiveBytes = 39 * MiB
const root = resolve(import.meta.dirname, '../..')
const isBuilt = existsSync(join(root, 'out/main/electron.js')) && existsSync(join(root, 'out/renderer/index.html'))
if (!isBuilt) console.log('The packaging test is skipped: out/ has not been built (npm run build)')

describe.skipIf(!isBuilt || process.platform !== 'linux')('the packaged app', () => {
  let folder: string
  let app: string
  let files: string[]

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rma-packaging-'))
    await makeStandInDistribution(join(folder, 'electron'))
    await promisify(execFile)(
      join(root, 'node_modules/.bin/electron-builder'),
      ['--linux', 'dir', '--publish', 'never']
        .concat(`-c.electronDist=${join(folder, 'electron')}`)
        .concat(`-c.directories.output=${join(folder, 'dist')}`),
      { cwd: root, maxBuffer: 16 * 1024 * 1024 },
    )
    const unpacked = (await readdir(join(folder, 'dist'))).find(name => name.startsWith('linux'))
    app = join(folder, 'dist', unpacked ?? '')
    files = listPackage(join(app, 'resources/app.asar'), { isPack: false })
  }, 3 * minute)

  afterAll(async () => {
    await rm(folder, { recursive: true, force: true })
  })

  it('holds the bundles, the pages and the icons', () => {
    for (const file of [
      '/package.json',
      '/out/main/electron.js',
      '/out/main/ocr-engine.js',
      '/out/main/entity-engine.js',
      '/out/main/vision-engine.js',
      '/out/main/ledger-thread.js',
      '/out/preload/index.cjs',
      '/out/renderer/index.html',
      '/assets/icon.png',
      '/assets/tray/donatingTemplate@2x.png',
    ])
      expect(files).toContain(file)
  })

  it('brings the command, which starts the app’s own program', async () => {
    const command = join(app, 'resources/bin/rma-donor')
    await access(command, constants.X_OK)
    const recorded = join(folder, 'arguments')
    await promisify(execFile)(command, ['status', '--json'], { env: { ...process.env, STAND_IN_RECORD: recorded } })
    expect((await readFile(recorded, 'utf8')).trim().split('\n')).toEqual([
      '--cli',
      '--no-sandbox',
      '--ozone-platform=headless',
      '--disable-gpu',
      '--',
      'status',
      '--json',
    ])
  })

  it('holds no sources, tests, source maps or development tools', () => {
    const own = new Set(files.map(file => file.split('/')[1]))
    expect([...own].sort()).toEqual(['assets', 'node_modules', 'out', 'package.json'])
    expect(files.filter(file => /\.(ts|map|tsbuildinfo|cc|h|wasm\.js)$/.test(file))).toEqual([])
    for (const tool of [
      'typescript',
      'electron',
      'vite',
      'vitest',
      '@playwright',
      'react',
      'graphology',
      '@biomejs',
      'node',
    ])
      expect(files).not.toContain(`/node_modules/${tool}`)
  })

  it('keeps native code and language data outside the archive', async () => {
    const outside = join(app, 'resources/app.asar.unpacked/node_modules')
    for (const name of ['classic-level/prebuilds', '@img', 'tesseract.js-core', '@tesseract.js-data/eng'])
      await access(join(outside, name))
  })

  it('keeps the licences of what it ships', async () => {
    const list = await readFile(join(app, 'resources/licences.txt'), 'utf8')
    for (const name of ['pino', 'react', 'tesseract.js', '@img/sharp-linux-x64']) expect(list).toContain(`${name} `)

    for (const name of ['@img/colour', 'pino', 'tesseract.js', 'classic-level/deps/leveldb/leveldb-1.20'])
      expect(files.filter(file => file.startsWith(`/node_modules/${name}/LICENSE`))).not.toEqual([])
  })

  it('has its fuses set', async () => {
    const wire = await getCurrentFuseWire(join(app, 'rma-donor-desktop'))
    expect(wire[FuseV1Options.RunAsNode]).toBe(off)
    expect(wire[FuseV1Options.EnableNodeOptionsEnvironmentVariable]).toBe(off)
    expect(wire[FuseV1Options.EnableNodeCliInspectArguments]).toBe(off)
    expect(wire[FuseV1Options.OnlyLoadAppFromAsar]).toBe(on)
    expect(wire[FuseV1Options.EnableCookieEncryption]).toBe(on)
  })
  it('is no larger than its parts explain', async () => {
    const { size } = await stat(join(app, 'resources/app.asar'))
    expect(size).toBeLessThan(maxArchiveBytes)
  })

  it(
    'holds all that it needs: run from its own files, it reads a letter, finds a telephone number and quits',
    async () => {
      const unpacked = join(folder, 'unpacked')
      extractAll(join(app, 'resources/app.asar'), unpacked)
      const dataFolder = await makeLoopbackFolder(folder)
      const main = join(unpacked, 'out/main/electron.js')
      const desktop = new DesktopProcess({ main, dataFolder })
      try {
        await desktop.started()
        expect(await runPackaged({ main, dataFolder }, ['donate', 'on', '--agree'])).toMatchObject({ code: 0 })
        const answer = await desktop.request('ocr', await drawPage(letter).png().toBuffer(), 'image/png')
        expect(answer.status, await answer.clone().text()).toBe(200)
        expect(characterAccuracy(letter, ((await answer.json()) as { text: string }).text)).toBeGreaterThanOrEqual(0.98)
        const found = await desktop.request(
          'ner-extraction',
          Buffer.from('Ring Mary Ellis on 020 7946 0958.'),
          'text/plain',
        )
        expect(found.status, await found.clone().text()).toBe(200)
        expect(await found.json()).toMatchObject({ entities: [{ type: 'person' }, { value: '+442079460958' }] })
        const report = await runPackaged({ main, dataFolder }, ['report'])
        expect(report).toMatchObject({ code: 0, stdout: expect.stringContaining('0.1.0, desktop') })
        desktop.click('Stop and quit')
        expect(await desktop.exited, desktop.log).toBe(0)
      } finally {
        await desktop.kill()
      }
    },
    minute,
  )
})
