import { join } from 'node:path'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { expect, it, onTestFinished, vi } from 'vitest'
import { temporaryFolder } from '../../../e2e/support/temporary-folder.ts'
import { defaultSettings } from '../../shared/schema/settings.ts'
import { systemClock } from '../clock.ts'
import { JobLog } from '../ledger/job-log.ts'
import { LedgerDatabase } from '../ledger/ledger-database.ts'
import { madeUpJob } from '../ledger/testing/made-up-job.ts'
import { Lifecycle } from '../lifecycle.ts'
import { LiveValue } from '../live-value.ts'
import { createLog, LogBuffer } from '../log.ts'
import { DataMeter } from '../resources/data-meter.ts'
import { composeLedger } from './ledger.ts'

const clock = systemClock
const now = clock.now()

/** A data folder whose ledger says that 1,100 bytes have passed for others this month, and 1,100 for this node. */
async function usedFolder(): Promise<string> {
  const folder = await temporaryFolder()
  onTestFinished(folder.remove)
  const database = new LedgerDatabase(join(folder.path, 'ledger.db'))
  database.addJob(madeUpJob(1, { finishedAt: now }))
  database.addJob(madeUpJob(2, { finishedAt: now, role: 'requested' }))
  database.close()
  return folder.path
}

/** Starts the ledger's side of a node, and waits until it has told what earlier runs did. */
async function startLedger(dataFolder: string, meter: DataMeter): Promise<void> {
  const lifecycle = new Lifecycle()
  const jobs = new JobLog({ clock })
  composeLedger(
    {
      jobs,
      meter,
      settings: new LiveValue(defaultSettings),
      peerHttp: { request: () => Promise.reject(new Error('expected nothing to be sent')) },
      privateKey: await generateKeyPair('Ed25519'),
      clock,
      lifecycle,
      log: createLog({ level: 'error', buffer: new LogBuffer() }),
    },
    {
      dataFolder,
      bundleUrl: '',
      selfId: madeUpJob(1).worker ?? '',
      network: { id: '0123456789abcdef', open: true },
      ownAddresses: () => [],
      addressesOf: () => [],
    },
  )
  await lifecycle.start()
  onTestFinished(() => lifecycle.stop())
  // What passes before the ledger has answered counts as well.
  meter.add(7)
  await vi.waitFor(() => expect(jobs.jobs.get().jobs).toHaveLength(2))
}

it('a month’s count begins with what the ledger has of it, where nothing else is known', async () => {
  const meter = new DataMeter({ clock })
  await startLedger(await usedFolder(), meter)
  expect(meter.monthBytes).toBe(1_107)
})

it('a month’s count begins with what was kept of it, where that is more than the ledger has', async () => {
  const meter = new DataMeter({ clock })
  meter.catchUp({ month: meter.reading.month, bytes: 5_000 })
  await startLedger(await usedFolder(), meter)
  expect(meter.monthBytes).toBe(5_007)
})

it('a month’s count begins with what the ledger has of it, where what was kept is less: the node has crashed', async () => {
  const meter = new DataMeter({ clock })
  meter.catchUp({ month: meter.reading.month, bytes: 500 })
  await startLedger(await usedFolder(), meter)
  expect(meter.monthBytes).toBe(1_107)
})
