import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { pino } from 'pino'
import { systemClock } from '../../../src/main/clock.ts'
import { NodeDatastore } from '../../../src/main/config/datastore.ts'
import { loadIdentity } from '../../../src/main/config/identity.ts'
import { SettingsStore } from '../../../src/main/config/settings-store.ts'
import { sealRecord } from '../../../src/main/directory/record.ts'
import { Registry } from '../../../src/main/directory/registry.ts'
import { RegistryStore } from '../../../src/main/directory/registry-store.ts'
import { Sequence } from '../../../src/main/directory/sequence.ts'
import { SequenceFile } from '../../../src/main/directory/sequence-file.ts'
import { workerRecord } from '../../../src/main/directory/test-records.ts'
import { Ledger, ledgerThreadUrl } from '../../../src/main/ledger/ledger.ts'
import { madeUpJob } from '../../../src/main/ledger/testing/made-up-job.ts'
import { type Safe, writtenAs } from './crash-words.ts'

/** Writes all that a node keeps, as fast as it can, until it is killed; says what is safe. */
const [dataFolder = '', network = '', first = '0'] = process.argv.slice(2)
const log = pino({ level: 'silent' })
const clock = systemClock
const say = (safe: Safe) => process.send?.(safe)
const forever = async (write: (round: number) => Promise<Safe>) => {
  for (let round = 0; ; round++) say(await write(round))
}

const key = await loadIdentity(dataFolder)
say({ peerId: key.publicKey.toString() })
const settings = new SettingsStore({ clock, log }, { dataFolder })
await settings.load()
const sequence = new Sequence({ store: new SequenceFile(join(dataFolder, 'sequence')), clock, log })
const datastore = new NodeDatastore(dataFolder)
await datastore.start()
const registry = new Registry({ hasRole: () => true }, { networkId: network, announceBurst: 1e9 })
const store = new RegistryStore({ registry, datastore: datastore.store, clock, log })
await store.start()
const ledger = new Ledger(
  { clock, log },
  { path: join(dataFolder, 'ledger.db'), thread: ledgerThreadUrl(''), keepDays: () => 365 },
)
await ledger.start()

void forever(async round => {
  const number = Number(first) * 1_000_000 + round
  await settings.change(now => ({ ...now, location: writtenAs(number) }))
  return { settings: number }
})
// Each identity is written once in its life: here many are made.
void forever(async round => {
  const folder = join(dataFolder, 'births', String(round))
  await mkdir(folder, { recursive: true })
  const { publicKey } = await loadIdentity(folder)
  return { born: { folder, peerId: publicKey.toString() } }
})
void forever(async () => ({ seq: await sequence.next() }))
void forever(async round => {
  const number = Number(first) * 1_000_000 + round
  await ledger.record(madeUpJob(number))
  return { job: number }
})
void forever(async round => {
  const now = clock.now()
  const seq = now * 1_000 + round
  const record = await sealRecord(key, network, workerRecord({ seq, issuedAt: now, expiresAt: now + 300_000 }))
  registry.announce(record, { keys: ['service:ocr'], from: key.publicKey.toString(), now })
  await store.flush()
  return { record: seq }
})
process.on('disconnect', () => process.exit())
