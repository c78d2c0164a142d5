import { existsSync } from 'node:fs'
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { createContext, Script } from 'node:vm'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { readIfPresent } from '../../src/main/config/read-if-present.ts'
import { unhindered } from '../../src/shared/testing/samples.ts'
import { minute, second } from '../../src/shared/units.ts'
import { characterAccuracy, drawPage, letter } from '../support/letters.ts'
import { NodeProcess, onLoopback, runCommand } from '../support/node-process.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { builtBundle, DesktopProcess, makeLoopbackFolder, runPackaged } from './support/desktop-process.ts'

const preload = resolve(dirname(builtBundle), '../preload/index.cjs')
const isBuilt = existsSync(builtBundle) && existsSync(preload)
if (!isBuilt) console.log('The bundle test is skipped: out/ has not been built (npm run build)')

describe.skipIf(!isBuilt)('the built app', { timeout: 2 * minute }, () => {
  let folder: { path: string; remove: () => Promise<void> }
  let dataFolder: string
  let app: DesktopProcess | undefined
  let requester: NodeProcess | undefined

  beforeEach(async () => {
    folder = await temporaryFolder('rma-bundle-')
    dataFolder = await makeLoopbackFolder(folder.path)
  })

  afterEach(async () => {
    await app?.kill()
    await requester?.stop()
    app = requester = undefined
    await folder.remove()
  })

  async function start(): Promise<DesktopProcess> {
    app = new DesktopProcess({ main: builtBundle, dataFolder })
    await app.started()
    return app
  }

  const settings = async () => JSON.parse(await readFile(join(dataFolder, 'settings.json'), 'utf8'))
  const cli = (...args: string[]) => runCommand([...args, '--data-folder', dataFolder])

  it('starts, joins, donates, reads another node’s letter in a utility process, and quits without a trace', async () => {
    const desktop = await start()
    const { peerId, addresses } = await desktop.runtime()
    await vi.waitFor(async () => expect((await desktop.look()).visible).toEqual(['app://rma-donor/index.html#/status']))

    expect(await cli('donate', 'on', '--agree')).toMatchObject({ code: 0 })
    requester = await NodeProcess.start({
      folder: folder.path,
      name: 'requester',
      args: [...onLoopback, ...addresses.flatMap(address => ['--seed', address])],
    })
    const document = await drawPage(letter).png().toBuffer()
    const { code, stdout, stderr } = await requester.command(['request', 'ocr', '-', '--json'], document)
    expect(code, stderr).toBe(0)
    expect(characterAccuracy(letter, JSON.parse(stdout).text)).toBeGreaterThanOrEqual(0.98)
    const status = JSON.parse((await cli('status', '--json')).stdout)
    expect(status).toMatchObject({ self: { peerId, workerType: 'desktop' }, counters: { served: 1 } })
    await vi.waitFor(async () => expect((await desktop.look()).menu).toContain('Topology (1)'), 5 * second)

    const engines = await childrenOf(desktop.pid)
    if (process.platform === 'linux') expect(engines).not.toEqual([])
    desktop.click('Stop and quit')
    expect(await desktop.exited, desktop.log).toBe(0)
    await vi.waitFor(async () => expect(await Promise.all(engines.map(isRunning))).not.toContain(true))
    await expect(stat(join(dataFolder, 'runtime.json'))).rejects.toThrow('ENOENT')
    expect((await cli('status')).code).toBe(3)
  })

  it('serves the letter of a program on this machine through its service port', async () => {
    const desktop = await start()
    expect(await cli('donate', 'on', '--agree')).toMatchObject({ code: 0 })
    const response = await desktop.request('ocr', await drawPage(letter).png().toBuffer(), 'image/png')
    expect(response.status, await response.clone().text()).toBe(200)
    const { text } = (await response.json()) as { text: string }
    expect(characterAccuracy(letter, text)).toBeGreaterThanOrEqual(0.98)
  })

  it('gives the machine back to the owner who wakes it, and takes it again once they have left', async () => {
    const limits = { ...unhindered, whileInUse: { idleMinutes: 3, cpu: 'pause', gpu: 'pause' } } as const
    await writeFile(join(dataFolder, 'settings.json'), JSON.stringify({ ...(await settings()), limits }))
    const desktop = await start()
    desktop.power('resume', 10 * minute)
    expect(await cli('donate', 'on', '--agree')).toMatchObject({ code: 0 })
    const first = async () => (await desktop.look()).menu[0]
    await vi.waitFor(async () => expect(await first()).toBe('No network: 0 peers'), 10 * second)
    desktop.power('suspend', 10 * minute)
    desktop.power('resume', 0)
    await vi.waitFor(async () => expect(await first()).toMatch(/^Waiting: you are using the computer/), 10 * second)
    expect(JSON.parse((await cli('status', '--json')).stdout).allowance).toMatchObject({ mode: 'halt', jobs: 0 })
    desktop.power('suspend', 0)
    desktop.power('resume', 4 * minute)
    await vi.waitFor(async () => expect(await first()).toBe('No network: 0 peers'), 10 * second)
    desktop.click('Stop and quit')
    expect(await desktop.exited, desktop.log).toBe(0)
  })

  it.skipIf(process.platform !== 'linux')('runs no command on a folder that cannot be made, and says so', async () => {
    const { code, stderr } = await runPackaged({ main: builtBundle, dataFolder: '/proc/nowhere/deep' }, ['status'])
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^rma-donor: DATA_FOLDER_UNUSABLE: .*\/proc\/nowhere/)])
  })

  it('says why it cannot start, and ends', async () => {
    await start()
    const second = new DesktopProcess({ main: builtBundle, dataFolder })
    expect(await second.exited).toBe(0)
    expect(second.log).toContain('another node is running on the data folder')
  })

  it('gives its windows the preload script of the build', async () => {
    const desktop = await start()
    expect((await desktop.look()).preloads).toEqual([preload])
  })
})

describe.skipIf(!isBuilt)('the built preload script', () => {
  it('is one CommonJS file that needs Electron alone and exposes nothing but rmaDonor', async () => {
    expect(await readdir(dirname(preload))).toEqual([basename(preload)])
    const source = await readFile(preload, 'utf8')
    const exposed: Record<string, unknown> = {}
    const listeners = new Map<string, (event: unknown) => void>()
    const sent: unknown[][] = []
    const posted: unknown[][] = []
    const electron = {
      contextBridge: { exposeInMainWorld: (name: string, api: unknown) => Object.assign(exposed, { [name]: api }) },
      ipcRenderer: {
        on: (channel: string, listener: (event: unknown) => void) => listeners.set(channel, listener),
        send: (...args: unknown[]) => sent.push(args),
      },
    }
    const required: string[] = []
    const page = {
      location: { origin: 'app://rma-donor' },
      postMessage: (...args: unknown[]) => posted.push(args),
    }
    const require = (name: string) => {
      required.push(name)
      return electron
    }
    new Script(source).runInContext(createContext({ require, window: page, exports: {}, module: { exports: {} } }))

    expect([...new Set(required)]).toEqual(['electron'])
    expect(Object.keys(exposed)).toEqual(['rmaDonor'])
    const { shell, requestPort, ...rest } = exposed.rmaDonor as { shell: string; requestPort: () => void }
    expect([shell, rest]).toEqual(['electron', {}])
    requestPort()
    expect(sent).toEqual([['rma-donor:request-port']])
    expect([...listeners.keys()]).toEqual(['rma-donor:port'])
    listeners.get('rma-donor:port')?.({ ports: ['port'] })
    expect(posted).toEqual([[{ type: 'rma-donor:port' }, 'app://rma-donor', ['port']]])
  })
})

/** Process ids of the children of a process, where the system tells; none elsewhere. */
async function childrenOf(pid: number): Promise<number[]> {
  if (process.platform !== 'linux') return []
  const listed = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return listed.trim().split(' ').filter(Boolean).map(Number)
}

/** Whether a process does more than wait for its parent to take note of its end. */
async function isRunning(pid: number): Promise<boolean> {
  const status = await readIfPresent(`/proc/${pid}/status`)
  return status !== undefined && !/^State:\s+Z/m.test(status)
}
