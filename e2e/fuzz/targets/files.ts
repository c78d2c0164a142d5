import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { MemoryDatastore } from 'datastore-core'
import { Key } from 'interface-datastore'
import { pino } from 'pino'
import { z } from 'zod'
import { parsePretended } from '../../../src/main/cli/options.ts'
import { TurnedClock } from '../../../src/main/clock.ts'
import { loadAccessToken } from '../../../src/main/config/access-token.ts'
import { loadIdentity } from '../../../src/main/config/identity.ts'
import { readRuntime } from '../../../src/main/config/runtime-file.ts'
import { SettingsStore } from '../../../src/main/config/settings-store.ts'
import { ApiKeys } from '../../../src/main/coordinator/api-keys.ts'
import { loadCaKey } from '../../../src/main/coordinator/ca/ca-file.ts'
import { AddressBook } from '../../../src/main/dht/address-book.ts'
import { EdgeAllowance } from '../../../src/main/dht/edge-allowance.ts'
import { SeedCache } from '../../../src/main/dht/seed-cache.ts'
import { SequenceFile } from '../../../src/main/directory/sequence-file.ts'
import { autostartEntry, readAutostartEntry } from '../../../src/main/electron/autostart-entry.ts'
import { DesktopStateFile } from '../../../src/main/electron/desktop-state.ts'
import { StartRecord } from '../../../src/main/electron/start-record.ts'
import { LedgerBook } from '../../../src/main/ledger/ledger-book.ts'
import { LedgerDatabase } from '../../../src/main/ledger/ledger-database.ts'
import { judgeFailure } from '../../../src/main/ledger/ledger-failure.ts'
import { MembershipFile } from '../../../src/main/membership/membership-file.ts'
import { PermanentPorts } from '../../../src/main/port-mapping/permanent-ports.ts'
import { DataMeter } from '../../../src/main/resources/data-meter.ts'
import { DataMeterFile } from '../../../src/main/resources/data-meter-file.ts'
import { ReputationBook } from '../../../src/main/routing/reputation-book.ts'
import { SidecarNote } from '../../../src/main/tunnels/sidecar/sidecar-note.ts'
import { RmaError } from '../../../src/shared/errors.ts'
import { generateCaKey } from '../../../src/shared/membership/ca-key.ts'
import { dailyTotalSchema, ledgerJobSchema } from '../../../src/shared/schema/contribution.ts'
import { defaultSettings } from '../../../src/shared/schema/settings.ts'
import { jsonForm } from '../forms.ts'
import { bytesOf, type FuzzTarget, textOf } from '../fuzz-target.ts'
import { memoryFolder } from '../memory-folder.ts'

const log = pino({ level: 'silent' })
const clock = new TurnedClock(1_700_000_000_000)
const network = '0123456789abcdef'
const peerId = '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp'

/** What the node has on its disk: a crash, a full disk or somebody's hand may have left anything there. */
export async function fileTargets(): Promise<FuzzTarget[]> {
  const folder = await memoryFolder()
  let open = 0
  /** Each target has its own folder, since loading may set a file aside or write another. */
  const inFolder = async (
    name: string,
    file: string,
    seeds: readonly Uint8Array[],
    load: (dataFolder: string) => unknown,
    more: Partial<FuzzTarget> = {},
  ): Promise<FuzzTarget> => {
    const path = join(folder.path, String(open++))
    await mkdir(dirname(join(path, file)), { recursive: true })
    return {
      name,
      covers: [],
      seeds,
      async parse(input) {
        await writeFile(join(path, file), input)
        try {
          return await load(path)
        } finally {
          for (const left of await readdir(path))
            if (left.includes('unreadable')) await rm(join(path, left), { recursive: true })
        }
      },
      end: () => folder.remove(),
      ...more,
    }
  }
  const inStore = (
    name: string,
    key: string,
    seed: unknown,
    start: (datastore: MemoryDatastore) => Promise<void>,
    file: string,
  ): FuzzTarget => ({
    name,
    covers: [file],
    seeds: [bytesOf(JSON.stringify(seed))],
    form: jsonForm,
    async parse(input) {
      const datastore = new MemoryDatastore()
      datastore.put(new Key(key), input)
      await start(datastore)
    },
  })
  const json = (value: unknown) => bytesOf(JSON.stringify(value))
  const keys = await keySeeds(join(folder.path, 'keys'))

  return [
    await inFolder(
      'settings.json',
      'settings.json',
      [
        json(defaultSettings),
        json({ ...defaultSettings, location: 'london', limits: { ...defaultSettings.limits, programs: ['x'] } }),
        json({ version: 1, consent: true }),
      ],
      dataFolder => new SettingsStore({ clock, log }, { dataFolder }).load(),
      { covers: ['src/main/config/settings-store.ts'], form: jsonForm },
    ),
    await inFolder(
      'runtime.json',
      'runtime.json',
      [
        json({
          pid: process.pid,
          peerId,
          addresses: [],
          serviceUrl: 'http://127.0.0.1:8000',
          rpcUrl: 'ws://127.0.0.1:8470/rpc',
          dashboardUrl: 'http://127.0.0.1:8470/',
        }),
      ],
      readRuntime,
      { covers: ['src/main/config/runtime-file.ts'], form: jsonForm },
    ),
    await inFolder(
      'membership file',
      `membership/${network}.json`,
      [json({ certificate: 'a.b.c', revocations: 'd.e.f' })],
      dataFolder => new MembershipFile(dataFolder, network).read(),
      {
        covers: ['src/main/membership/membership-file.ts'],
        form: jsonForm,
      },
    ),
    await inFolder('identity', 'identity.key', [keys.identity], dataFolder => loadIdentity(dataFolder), {
      covers: ['src/main/config/identity.ts'],
    }),
    await inFolder(
      'access token',
      'token',
      [bytesOf(`${'T'.repeat(43)}\n`)],
      dataFolder => loadAccessToken(dataFolder),
      {
        covers: ['src/main/config/access-token.ts'],
      },
    ),
    await inFolder(
      'sequence number',
      'sequence',
      [bytesOf('1700000000000\n')],
      dataFolder => new SequenceFile(join(dataFolder, 'sequence')).load(),
      {
        covers: ['src/main/directory/sequence-file.ts'],
        refuses: error => error instanceof Error && error.message.startsWith('expected a sequence number'),
      },
    ),
    await inFolder('API keys', 'api-keys.json', [keys.apiKeys], dataFolder => ApiKeys.load(dataFolder), {
      covers: ['src/main/coordinator/api-keys.ts'],
      form: jsonForm,
    }),
    await inFolder(
      'CA key file',
      'ca.json',
      [json((await generateCaKey()).privateJwk)],
      dataFolder => loadCaKey(dataFolder),
      {
        covers: ['src/main/coordinator/ca/ca-file.ts', 'src/shared/membership/ca-key.ts'],
        form: jsonForm,
      },
    ),
    await inFolder(
      'note of a program',
      'x.process.json',
      [json({ pid: 4_194_999, identity: 'nobody' })],
      dataFolder => new SidecarNote({ log }, { dataFolder, name: 'x' }).endOrphan(),
      {
        covers: ['src/main/tunnels/sidecar/sidecar-note.ts'],
        form: jsonForm,
      },
    ),
    await inFolder(
      'desktop.json',
      'desktop.json',
      [
        json({
          explainedHiding: true,
          notifications: true,
          told: ['x'],
          windows: { dashboard: { bounds: { x: 1, y: 1, width: 900, height: 700 }, maximized: false } },
        }),
      ],
      dataFolder => new DesktopStateFile({ log }, { dataFolder }).load(),
      {
        covers: ['src/main/electron/desktop-state.ts'],
        form: jsonForm,
      },
    ),
    await inFolder(
      'starts.json',
      'starts.json',
      [json({ failed: [1], openSince: 2 })],
      dataFolder => new StartRecord({ log }, { dataFolder }).begin(1_700_000_000_000),
      {
        covers: ['src/main/electron/start-record.ts'],
        form: jsonForm,
      },
    ),
    await inFolder(
      'data-meter.json',
      'data-meter.json',
      [json({ months: [{ month: '2026-06', bytes: 1_000 }] })],
      async dataFolder => {
        const meter = new DataMeter({ clock })
        const file = new DataMeterFile({ meter, clock, log }, { dataFolder })
        await file.start()
        await file.stop()
      },
      { covers: ['src/main/resources/data-meter-file.ts'], form: jsonForm },
    ),
    await inFolder(
      'open-ports.json',
      'open-ports.json',
      [json({ ports: [{ lanIp: '192.168.7.2', internalPort: 8468, externalPort: 8468 }] })],
      dataFolder => new PermanentPorts(dataFolder).read(),
      { covers: ['src/main/port-mapping/permanent-ports.ts'], form: jsonForm },
    ),
    await inFolder('ledger to import', 'old.db', [keys.ledger], importInto(join(folder.path, 'ledger.db')), {
      covers: ['src/main/ledger/ledger-database.ts', 'src/main/ledger/ledger-book.ts'],
      refuses: isLedgerFailure,
    }),
    inStore(
      'address book',
      `/networks/${network}/address-book`,
      [{ peerId, addresses: ['/ip4/192.0.2.1/tcp/1'], lastSeen: 1_699_999_999_000 }],
      async datastore => {
        const book = new AddressBook({ datastore, clock, log }, { networkId: network })
        await book.start()
        book.peers()
      },
      'src/main/dht/address-book.ts',
    ),
    inStore(
      'kept seeds',
      `/networks/${network}/seeds`,
      [{ envelope: 'a.b.c', fetchedAt: 1_699_999_999_000 }],
      datastore =>
        new SeedCache(
          { datastore, openSeed: () => Promise.reject(new RmaError('SEED_REFUSED', 'no seed')), clock, log },
          { networkId: network },
        ).start(),
      'src/main/dht/seed-cache.ts',
    ),
    inStore(
      'count of edge requests',
      '/edge-requests',
      { day: '2023-11-14', today: 3, askedAt: 1, inVain: 2 },
      async datastore => {
        const allowance = new EdgeAllowance({ datastore, clock, log })
        await allowance.start()
        void allowance.allowedAt
      },
      'src/main/dht/edge-allowance.ts',
    ),
    inStore(
      'what is known of workers',
      `/networks/${network}/reputation`,
      [{ worker: peerId, agreed: 2.5, disputed: 1, at: 1_699_999_999_000 }],
      async datastore => {
        const book = new ReputationBook({ datastore, clock, log }, { networkId: network })
        await book.start()
        book.trustIn(peerId)
        book.note(peerId, 'disputed')
        await book.stop()
      },
      'src/main/routing/reputation-book.ts',
    ),
    {
      name: 'autostart entry',
      covers: ['src/main/electron/autostart-entry.ts'],
      seeds: [bytesOf(autostartEntry({ name: 'RMA Donor', executable: '/opt/rma donor' }))],
      parse: input => readAutostartEntry(textOf(input)),
    },
    {
      name: 'pretended capabilities',
      covers: ['src/main/cli/options.ts'],
      seeds: [
        bytesOf(
          '{"workerType":"headless","cpuThreads":4,"memoryMiB":1024,"gpus":[{"vendor":"nvidia","model":"T4","vramMiB":16384}]}',
        ),
      ],
      form: jsonForm,
      parse: input => parsePretended(`{${textOf(input).replace(/^\s*\{/, '')}`),
      refuses: error => (error as { code?: string }).code === 'commander.invalidArgument',
    },
  ]
}

async function keySeeds(path: string) {
  await mkdir(path)
  await loadIdentity(path)
  const keys = await ApiKeys.load(path)
  await keys.create('a key', 1_700_000_000_000)
  const ledger = join(path, 'ledger.db')
  const database = new LedgerDatabase(ledger)
  for (let number = 0; number < 20; number++)
    database.addJob({
      id: `request-${number}`,
      role: 'served',
      service: 'ocr',
      requester: peerId,
      state: 'done',
      createdAt: 1_700_000_000_000,
      startedAt: 1_700_000_000_001,
      finishedAt: 1_700_000_000_100 + number,
      bytesIn: 10,
      bytesOut: 20,
    })
  database.close()
  return {
    identity: await readFile(join(path, 'identity.key')),
    apiKeys: await readFile(join(path, 'api-keys.json')),
    ledger: await readFile(ledger),
  }
}

/** Takes the jobs of a damaged ledger over into a good one, as the ledger's thread does. */
function importInto(path: string): (dataFolder: string) => unknown {
  return async dataFolder => {
    for (const suffix of ['-wal', '-shm', '-journal']) await rm(join(dataFolder, `old.db${suffix}`), { force: true })
    const book = new LedgerBook(
      { clock },
      { path, check: true, onWritten: () => undefined, onSnapshot: () => undefined },
    )
    try {
      book.open()
      const added = book.ask({ name: 'importFrom', path: join(dataFolder, 'old.db') })
      // What came over has to be readable by those who show it.
      z.array(ledgerJobSchema).parse(book.ask({ name: 'newestJobs', limit: 100 }))
      z.array(dailyTotalSchema).parse(book.ask({ name: 'days', from: '2000-01-01', to: '2100-01-01' }))
      return added
    } finally {
      book.close()
      for (const suffix of ['', '-wal', '-shm']) await rm(`${path}${suffix}`, { force: true })
    }
  }
}

function isLedgerFailure(error: unknown): boolean {
  return judgeFailure(error) !== 'fault'
}
