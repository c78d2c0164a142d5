import { access, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { privateKeyFromProtobuf } from '@libp2p/crypto/keys'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { defaultSettings } from '../../shared/schema/settings.ts'
import { unhindered } from '../../shared/testing/samples.ts'
import { run } from '../cli/run.ts'
import { systemClock } from '../clock.ts'
import { readRuntime } from '../config/runtime-file.ts'
import { formsOf } from '../diagnostics/redact.ts'
import { createLog, LogBuffer } from '../log.ts'
import { noShell } from '../rpc/shell-api.ts'
import { engineEntries } from '../services/engine-launcher.ts'
import { createDesktopNode } from './desktop-node.ts'
import { StandInElectron } from './stand-in/electron.ts'

let dataFolder: string

beforeEach(async () => {
  dataFolder = await mkdtemp(join(tmpdir(), 'rma-desktop-node-'))
  const network = { ...defaultSettings.network, mdns: false, listen: ['127.0.0.1'] }
  await writeFile(
    join(dataFolder, 'settings.json'),
    JSON.stringify({ ...defaultSettings, network, limits: unhindered }),
  )
})

afterEach(() => rm(dataFolder, { recursive: true, force: true }))

async function create({ keyStore, safeMode = false }: { keyStore: boolean; safeMode?: boolean }) {
  const logBuffer = new LogBuffer()
  const log = createLog({ level: 'error', buffer: logBuffer })
  const node = await createDesktopNode(
    { electron: new StandInElectron({ keyStore }), clock: systemClock, log, logBuffer },
    {
      env: { RMA_DONOR_HOME: dataFolder },
      version: '0.1.0',
      platform: 'linux',
      entries: engineEntries(import.meta.url),
      pagesFolder: join(dataFolder, 'pages'),
      shell: noShell(),
      safeMode,
    },
  )
  return { ...node, log }
}

/** Runs `rma-donor <args>` on the data folder. */
async function cli(...args: string[]) {
  const [output, errorOutput] = [new PassThrough(), new PassThrough()]
  const code = await run(args, {
    env: { RMA_DONOR_HOME: dataFolder },
    version: '0.1.0',
    entryUrl: import.meta.url,
    input: Readable.from([]),
    output,
    errorOutput,
    signal: new AbortController().signal,
    now: Date.now,
  })
  output.end()
  errorOutput.end()
  return { code, output: await text(output), errors: await text(errorOutput) }
}

it('runs a real node with its key sealed, and stops without a trace', async () => {
  const { api, lifecycle } = await create({ keyStore: true })
  await lifecycle.start()
  try {
    const { peerId, workerType } = api.status.get().self
    expect(workerType).toBe('desktop')
    expect(await readRuntime(dataFolder)).toMatchObject({ pid: process.pid, peerId })
    expect((await fetch(`${(await readRuntime(dataFolder)).serviceUrl}/health`)).status).toBe(200)
    await access(join(dataFolder, 'identity.safe-storage'))
    await expect(access(join(dataFolder, 'identity.key'))).rejects.toThrow('ENOENT')
  } finally {
    await lifecycle.stop()
  }
  await expect(readFile(join(dataFolder, 'runtime.json'))).rejects.toThrow('ENOENT')
})

it('is shown, switched and looked at from the command line while it runs', async () => {
  const { api, lifecycle } = await create({ keyStore: true })
  await lifecycle.start()
  try {
    const { peerId } = api.status.get().self
    expect(await cli('status')).toMatchObject({ code: 0, output: expect.stringContaining(`${peerId} (desktop 0.1.0`) })
    expect((await cli('donate', 'on', '--agree')).code).toBe(0)
    await vi.waitFor(() => expect(api.status.get().donating).toBe(true))
    expect(JSON.parse((await cli('topology', '--json')).output).nodes).toMatchObject([{ peerId, self: true }])
    const { token, dashboardUrl } = JSON.parse((await cli('token', '--json')).output)
    expect((await fetch(new URL('/', dashboardUrl))).status).toBe(401)
    const entered = await fetch(dashboardUrl, { redirect: 'manual' })
    expect(entered.headers.get('set-cookie')).toContain('HttpOnly')
    expect(entered.headers.get('set-cookie')).not.toContain(token)
  } finally {
    await lifecycle.stop()
  }
  expect((await cli('status')).code).toBe(3)
})

it('gives a report without its own token and key, however they got into the log', async () => {
  const { api, log } = await create({ keyStore: false })
  const token = (await readFile(join(dataFolder, 'token'), 'utf8')).trim()
  const { raw } = privateKeyFromProtobuf(await readFile(join(dataFolder, 'identity.key')))
  const forms = [token, ...formsOf(raw)]
  for (const form of forms) log.error({ form, err: new Error(`could not use ${form}`) }, `at ${form}`)
  const report = api.diagnostics()
  expect(report).toContain('could not use [removed]')
  for (const form of forms) expect(report).not.toContain(form)
})

it('runs in safe mode on default settings, does not donate, and leaves the owner’s settings as they are', async () => {
  const owned = JSON.stringify({ ...defaultSettings, donating: true, consent: true, location: 'london' })
  await writeFile(join(dataFolder, 'settings.json'), owned)
  const { api } = await create({ keyStore: false, safeMode: true })
  expect(api.settings.get()).toEqual(defaultSettings)
  await api.updateSettings({ location: 'paris' })
  expect(api.settings.get().location).toBe('paris')
  expect(await readFile(join(dataFolder, 'settings.json'), 'utf8')).toBe(owned)
})

it('keeps its identity when started again, and never makes a new one while the key store is locked', async () => {
  const first = await create({ keyStore: true })
  const second = await create({ keyStore: true })
  expect(second.api.status.get().self.peerId).toBe(first.api.status.get().self.peerId)
  await expect(create({ keyStore: false })).rejects.toMatchObject({ code: 'IDENTITY_SEALED' })
  await expect(access(join(dataFolder, 'identity.key'))).rejects.toThrow('ENOENT')
})

it('is the only node of its folder: a headless one that cannot open the key is refused', async () => {
  await create({ keyStore: true })
  expect(await cli('headless', '--dht-port', '0', '--service-port', '0', '--dashboard-port', '0')).toMatchObject({
    code: 1,
    output: '',
    errors: expect.stringMatching(/^rma-donor: IDENTITY_SEALED: .*identity\.safe-storage.*desktop app.*\n$/),
  })
})

it('stays the node that a headless run made, also once there is a key store', async () => {
  const headless = await create({ keyStore: false })
  const desktop = await create({ keyStore: true })
  expect(desktop.api.status.get().self.peerId).toBe(headless.api.status.get().self.peerId)
  await expect(access(join(dataFolder, 'identity.safe-storage'))).rejects.toThrow('ENOENT')
})

it('falls back to the file mode where there is no key store', async () => {
  await create({ keyStore: false })
  await access(join(dataFolder, 'identity.key'))
})
