import { access, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { RmaError } from '../../shared/errors.ts'
import { defaultSettings } from '../../shared/schema/settings.ts'
import { readRuntime } from '../config/runtime-file.ts'
import { createLog, LogBuffer } from '../log.ts'
import { engineEntries } from '../services/engine-launcher.ts'
import { createDesktopNode } from './desktop-node.ts'
import { StandInElectron } from './stand-in/electron.ts'

let dataFolder: string

beforeEach(async () => {
  dataFolder = await mkdtemp(join(tmpdir(), 'rma-desktop-node-'))
  const network = { ...defaultSettings.network, mdns: false, listen: ['127.0.0.1'] }
  await writeFile(join(dataFolder, 'settings.json'), JSON.stringify({ ...defaultSettings, network }))
})

afterEach(() => rm(dataFolder, { recursive: true, force: true }))

function create({ keyStore }: { keyStore: boolean }) {
  const logBuffer = new LogBuffer()
  return createDesktopNode(
    { electron: new StandInElectron({ keyStore }), log: createLog({ level: 'error', buffer: logBuffer }), logBuffer },
    {
      env: { RMA_DONOR_HOME: dataFolder },
      version: '0.1.0',
      platform: 'linux',
      entries: engineEntries(import.meta.url),
    },
  )
}

it('runs a real node that the command line finds, with its key sealed, and stops without a trace', async () => {
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

it('keeps its identity when started again, and never makes a new one while the key store is locked', async () => {
  const first = await create({ keyStore: true })
  const second = await create({ keyStore: true })
  expect(second.api.status.get().self.peerId).toBe(first.api.status.get().self.peerId)
  await expect(create({ keyStore: false })).rejects.toThrow(RmaError)
  await expect(access(join(dataFolder, 'identity.key'))).rejects.toThrow('ENOENT')
})

it('falls back to the file mode where there is no key store', async () => {
  await create({ keyStore: false })
  await access(join(dataFolder, 'identity.key'))
})
