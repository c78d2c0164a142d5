import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { env } from 'node:process'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { pino } from 'pino'
import { expect, it } from 'vitest'
import { systemClock } from '../../src/main/clock.ts'
import { NodeDatastore } from '../../src/main/config/datastore.ts'
import { loadIdentity } from '../../src/main/config/identity.ts'
import { SettingsStore } from '../../src/main/config/settings-store.ts'
import { openRecord } from '../../src/main/directory/record.ts'
import { Registry } from '../../src/main/directory/registry.ts'
import { RegistryStore } from '../../src/main/directory/registry-store.ts'
import { Sequence } from '../../src/main/directory/sequence.ts'
import { SequenceFile } from '../../src/main/directory/sequence-file.ts'
import { LedgerDatabase } from '../../src/main/ledger/ledger-database.ts'
import { hour, second } from '../../src/shared/units.ts'
import { numberIn, type Safe, safeSchema } from '../support/crash/crash-words.ts'
import { report } from '../support/long-report.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const kills = Number(env.CRASHES ?? 1_000)
const seed = Number(env.CRASH_SEED ?? Date.now() % 1_000_000_000)
const program = fileURLToPath(new URL('../support/crash/writing-child.ts', import.meta.url))
const network = '0123456789abcdef'
/** Counted from the first thing that is safe, so that all of a node's life is hit, its start included. */
const latestKillMs = 1.5 * second
const reportEvery = 50

type AllSafe = Safe & { jobs: number[]; births: NonNullable<Safe['born']>[] }

it(
  `loses nothing that was said to be safe in ${kills} kills -9 of a node that writes all it keeps`,
  async () => {
    const folder = await temporaryFolder()
    const safe: AllSafe = { jobs: [], births: [] }
    let births = 0
    const startedAt = performance.now()
    const delays = fc.sample(fc.integer({ min: 0, max: latestKillMs }), { numRuns: kills, seed })
    try {
      for (const [round, killAfterMs] of delays.entries()) {
        await writeAndKill(folder.path, round, killAfterMs, safe)
        await expectSafe(folder.path, safe)
        births += await expectBirths(folder.path, safe)
        if ((round + 1) % reportEvery === 0) console.log(`crashes, seed ${seed}: ${round + 1} of ${kills}`)
      }
      report({
        title: 'Crashes',
        ranWith: { command: 'npm run test:long -- e2e/network/crashes', seed },
        figures: {
          'kills -9': kills,
          'jobs said to be safe': safe.jobs.length,
          'identities made': births,
          'lost, repeated or damaged': 0,
          took: `${((performance.now() - startedAt) / second).toFixed(0)} s`,
        },
        notes: [
          'Settings, identity, sequence numbers, the registrar’s store and the ledger, in one folder from the first kill to the last.',
          'The process is killed, not the machine: what the system holds in its cache outlives it.',
        ],
      })
    } finally {
      await folder.remove()
    }
  },
  4 * hour,
)

async function writeAndKill(folder: string, round: number, killAfterMs: number, safe: AllSafe) {
  const child = fork(program, [folder, network, String(round)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const exited = once(child, 'exit')
  const begun = once(child, 'message')
  child.on('message', message => {
    const { job, peerId, born, ...more } = safeSchema.parse(message)
    if (job !== undefined) safe.jobs.push(job)
    if (born !== undefined) safe.births.push(born)
    if (peerId !== undefined) expect([safe.peerId ?? peerId]).toEqual([peerId])
    Object.assign(safe, more, peerId === undefined ? {} : { peerId })
  })
  await Promise.race([begun, exited.then(([code]) => Promise.reject(new Error(`it ended by itself: ${code}`)))])
  await new Promise(resolve => setTimeout(resolve, killAfterMs))
  child.kill('SIGKILL')
  await exited
}

/** Identities that were said to be made are there, and none is half made; how many there are. */
async function expectBirths(folder: string, safe: AllSafe): Promise<number> {
  const all = join(folder, 'births')
  await mkdir(all, { recursive: true })
  const born = new Map(safe.births.splice(0).map(each => [each.folder, each.peerId]))
  const names = await readdir(all)
  for (const name of names) {
    const { publicKey } = await loadIdentity(join(all, name))
    const said = born.get(join(all, name))
    if (said !== undefined) expect(publicKey.toString()).toBe(said)
    born.delete(join(all, name))
  }
  expect([...born.keys()]).toEqual([])
  await rm(all, { recursive: true })
  return names.length
}

/** What was said to be safe is there, as it was or later, and all of it can be read. */
async function expectSafe(folder: string, safe: AllSafe): Promise<void> {
  const key = await loadIdentity(folder)
  expect(key.publicKey.toString()).toBe(safe.peerId)

  const warnings: unknown[] = []
  const watching = pino({ level: 'warn' }, { write: line => void warnings.push(JSON.parse(line)) })
  const { location } = await new SettingsStore({ clock: systemClock, log: watching }, { dataFolder: folder }).load()
  // The last changes may have been made and not have been told any more.
  expect(numberIn(location)).toBeGreaterThanOrEqual(safe.settings ?? -1)
  // What was found now is safe too.
  safe.settings = numberIn(location)

  const turnedBack = { ...systemClock, now: () => 0, after: () => () => undefined, every: () => () => undefined }
  const store = new SequenceFile(join(folder, 'sequence'))
  const sequence = new Sequence({ store, clock: turnedBack, log: watching })
  expect(await sequence.next()).toBeGreaterThan(safe.seq ?? 0)

  const datastore = new NodeDatastore(folder)
  await datastore.start()
  const registry = new Registry({ hasRole: () => true }, { networkId: network })
  const registryStore = new RegistryStore({ registry, datastore: datastore.store, clock: systemClock, log: watching })
  await registryStore.start()
  const stored = registry.stored(safe.peerId ?? '')
  if (safe.record !== undefined)
    expect(stored && openRecord(stored.record, network).record.seq).toBeGreaterThanOrEqual(safe.record)
  await registryStore.stop()
  await datastore.stop()

  const ledger = new LedgerDatabase(join(folder, 'ledger.db'))
  ledger.check()
  const found = new Set<string>()
  for (
    let page = ledger.jobsAfter(0, 10_000);
    page.length > 0;
    page = ledger.jobsAfter(page.at(-1)?.number ?? 0, 10_000)
  )
    for (const { id } of page) found.add(id)
  expect(found.size).toBe(ledger.countJobs())
  expect(safe.jobs.filter(number => !found.has(`made-up-job-${number}`))).toEqual([])
  ledger.close()
  expect(warnings).toEqual([])
}
