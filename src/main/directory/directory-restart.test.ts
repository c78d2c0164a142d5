import { generateKeyPair } from '@libp2p/crypto/keys'
import { MemoryDatastore } from 'datastore-core'
import { pino } from 'pino'
import { expect, it, vi } from 'vitest'
import { minute, second } from '../../shared/units.ts'
import { systemClock } from '../clock.ts'
import { createDirectory, type Directory } from './directory.ts'
import { Sequence } from './sequence.ts'
import { createTestHost, ocrDraft } from './test-network.ts'

const log = pino({ level: 'silent' })

it('keeps over a restart what it held as a registrar', async () => {
  const privateKey = await generateKeyPair('Ed25519')
  const datastore = new MemoryDatastore()
  const store = { load: async () => 0, save: async () => undefined }
  const start = async (): Promise<{ directory: Directory; stop(): Promise<void> }> => {
    const host = await createTestHost({ privateKey })
    const sequence = new Sequence({ store, clock: systemClock, log })
    const directory = createDirectory(
      { host, privateKey, sequence, datastore, clock: systemClock, log },
      { heartbeatIntervalMs: 30 * second, workerTtlMs: 5 * minute, cacheTtlMs: minute, maxWorkers: 50 },
    )
    await host.start()
    await directory.start()
    return {
      directory,
      stop: async () => {
        await directory.stop()
        await host.stop()
      },
    }
  }

  const before = await start()
  before.directory.announcer.update(ocrDraft())
  await vi.waitFor(() => expect(before.directory.announcer.heldBy).toBe(1))
  await before.stop()
  const after = await start()
  expect(after.directory.registry.size).toMatchObject({ workers: 1, keys: 1 })
  expect(await after.directory.finder.findService('ocr')).toHaveLength(1)
  expect((await after.directory.cache.lookup('ocr')).workers).toHaveLength(1)
  await after.stop()
})
