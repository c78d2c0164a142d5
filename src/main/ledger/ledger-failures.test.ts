import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { appendFile, mkdir, open, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { MiB } from '../../shared/units.ts'
import { LedgerDatabase } from './ledger-database.ts'
import { applicationId, migrations } from './ledger-schema.ts'
import { failsAlways, failsOnce } from './testing/failing-thread-files.ts'
import { madeUpJob } from './testing/made-up-job.ts'
import { always, type LedgerFolder, ledgerFolder } from './testing/test-ledger.ts'

let folder: string
let makeLedger: LedgerFolder['makeLedger']
let openLedger: LedgerFolder['openLedger']
let path: string
beforeEach(async () => {
  ;({ folder, makeLedger, openLedger, path } = await ledgerFolder())
})

describe('a file that is no good', () => {
  const setAside = async () => (await readdir(folder)).filter(name => name.includes('.unreadable-'))

  it.each([
    ['text', async () => writeFile(path, 'not a database, but long enough to be taken for one at a first glance')],
    [
      'somebody else’s database',
      async () => {
        const other = new DatabaseSync(path)
        other.exec('CREATE TABLE songs (title TEXT)')
        other.close()
      },
    ],
  ])('(%s) is set aside, said so and never deleted; a new ledger begins', async (_what, make) => {
    await make()
    const before = await readFile(path)
    const ledger = await openLedger()
    expect(await ledger.record(madeUpJob(1))).toBe('written')
    const [aside = ''] = await setAside()
    expect(await readFile(join(folder, aside))).toEqual(before)
    expect(ledger.snapshot.get()).toEqual({ state: { kind: 'open' }, setAside: [join(folder, aside)] })
  })

  it('(a ledger with a damaged page) is set aside', async () => {
    const first = await openLedger()
    await Promise.all(Array.from({ length: 2_000 }, (_, number) => first.record(madeUpJob(number))))
    await first.stop()
    const file = await open(path, 'r+')
    await file.write(Buffer.alloc(3 * 4_096, 0xa5), 0, 3 * 4_096, 4_096)
    await file.close()
    const ledger = await openLedger()
    await vi.waitFor(async () => expect(await setAside()).toHaveLength(1))
    expect(await ledger.record(madeUpJob(1))).toBe('written')
  })

  it('(a newer version’s) is refused and left as it is', async () => {
    const newer = new DatabaseSync(path)
    newer.exec(`CREATE TABLE jobs (id); PRAGMA application_id = ${applicationId}; PRAGMA user_version = 99`)
    newer.close()
    const before = await readFile(path)
    const ledger = makeLedger()
    await expect(ledger.start()).rejects.toMatchObject({ code: 'LEDGER_NEWER', details: { path } })
    expect(await readFile(path)).toEqual(before)
    expect(await setAside()).toEqual([])
  })

  it('(cut short by a crash while it was made) becomes a ledger', async () => {
    await appendFile(path, '')
    const ledger = await openLedger()
    expect(await ledger.record(madeUpJob(1))).toBe('written')
    expect(migrations).toHaveLength(1)
  })
})

describe('a thread that fails', () => {
  const thread = new URL('./testing/failing-thread.ts', import.meta.url)
  const failed = 'this thread was made to fail'

  it('loses nothing of what it had to write; who asks is told, and answered the next time', async () => {
    const ledger = await openLedger({ thread })
    expect(await ledger.record(madeUpJob(1))).toBe('written')
    await writeFile(failsOnce(path), '')
    const jobs = [2, 3, 4].map(number => ledger.record(madeUpJob(number)))
    await expect(ledger.countJobs()).rejects.toThrow(failed)
    expect(await Promise.all(jobs)).toEqual(['written', 'written', 'written'])
    expect(await ledger.countJobs()).toBe(4)
    expect((await ledger.newestJobs(10)).map(({ id }) => id)).toEqual([4, 3, 2, 1].map(number => madeUpJob(number).id))
  })

  it('lets the ledger stop', async () => {
    const ledger = await openLedger({ thread })
    await writeFile(failsOnce(path), '')
    await expect(ledger.countJobs()).rejects.toThrow(failed)
    await vi.waitFor(() => expect(ledger.awake).toBe(false))
    await ledger.stop()
    expect(ledger.snapshot.get().state).toEqual({ kind: 'closed' })
  })

  it('again and again of the same entry does not take the others with it', async () => {
    const ledger = await openLedger({ thread })
    await writeFile(failsAlways(path), '')
    await expect(ledger.record(madeUpJob(1))).rejects.toThrow(failed)
    await rm(failsAlways(path))
    expect(await ledger.record(madeUpJob(2))).toBe('written')
  })

  it('to open is said so, and the next job has another try', async () => {
    const ledger = await openLedger({ restAfterMs: 5 })
    await vi.waitFor(() => expect(ledger.awake).toBe(false))
    await rm(path)
    const newer = new DatabaseSync(path)
    newer.exec(`CREATE TABLE jobs (id); PRAGMA application_id = ${applicationId}; PRAGMA user_version = 99`)
    newer.close()
    await expect(ledger.record(madeUpJob(1))).rejects.toMatchObject({ code: 'LEDGER_NEWER' })
    expect(ledger.snapshot.get().state).toMatchObject({ kind: 'unwritable', waiting: 0, lost: 1 })
    await rm(path)
    expect(await ledger.record(madeUpJob(2))).toBe('written')
    expect(ledger.snapshot.get().state).toEqual({ kind: 'open' })
  })
})

it('a file that cannot be opened now keeps no node from starting, and is opened once it can be', async () => {
  await mkdir(path)
  const ledger = await openLedger()
  expect(ledger.snapshot.get().state).toMatchObject({ kind: 'unwritable' })
  const job = ledger.record(madeUpJob(1))
  await expect(ledger.countJobs()).rejects.toThrow('cannot be read now')
  await rm(path, { recursive: true })
  expect(await ledger.countJobs()).toBe(1)
  expect(await job).toBe('written')
})

const mayMount = process.platform === 'linux' && process.getuid?.() === 0

describe.runIf(mayMount)('on a full disk', () => {
  it('keeps jobs in memory, says so, and writes them when there is room again', async () => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder])
    onTestFinished(() => {
      execFileSync('umount', ['-l', folder])
    })
    const ledger = await openLedger()
    expect(await ledger.record(madeUpJob(0))).toBe('written')
    const ballast = join(folder, 'ballast')
    await writeFile(ballast, Buffer.alloc(MiB)).catch(() => undefined)
    const jobs = Array.from({ length: 500 }, (_, number) => ledger.record(madeUpJob(number + 1)))
    await vi.waitFor(() => expect(ledger.snapshot.get().state).toMatchObject({ kind: 'unwritable', lost: 0 }))
    await rm(ballast)
    expect(await ledger.countJobs()).toBe(501)
    expect(new Set(await Promise.all(jobs))).toEqual(new Set(['written']))
    expect(ledger.snapshot.get().state).toEqual({ kind: 'open' })
  })
})

const child = fileURLToPath(new URL('./testing/writing-child.ts', import.meta.url))

/** Lets a process write jobs, kills it while it does; the numbers of those it was told are safe. */
async function writeAndDie(firstNumber: number, lines: number): Promise<number[]> {
  const process_ = spawn(process.execPath, [child, path, String(firstNumber)], { stdio: ['ignore', 'pipe', 'inherit'] })
  const safe: number[] = []
  for await (const line of createInterface({ input: process_.stdout })) {
    safe.push(Number(line))
    if (safe.length === lines) process_.kill('SIGKILL')
  }
  if (process_.exitCode === null && process_.signalCode === null) await once(process_, 'exit')
  return safe
}

/** At a random moment of a random batch each time. */
const rounds = Number(process.env.RMA_LEDGER_KILLS ?? 6)

describe('after kill -9', () => {
  it('has every job that was said to be safe, whole, and adds up', { timeout: 30_000 + 5_000 * rounds }, async () => {
    const safe = new Set<number>()
    for (let round = 0; round < rounds; round++) {
      const lines = 1 + Math.floor(Math.random() * 40)
      for (const number of await writeAndDie(round * 100_000, lines)) safe.add(number)
    }
    const database = new LedgerDatabase(path)
    onTestFinished(() => database.close())
    expect(existsSync(path)).toBe(true)
    const kept = new Set(database.jobsAfter(0, 1_000_000).map(({ id }) => Number(id.split('-').at(-1))))
    expect([...safe].filter(number => !kept.has(number))).toEqual([])
    expect(database.days(always).reduce((sum, { jobs }) => sum + jobs, 0)).toBe(kept.size)
    expect((await readdir(folder)).filter(name => name.includes('unreadable'))).toEqual([])
  })
})
