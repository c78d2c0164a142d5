import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { appendFile, mkdir, mkdtemp, open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { pino } from 'pino'
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import type { LedgerJob } from '../../shared/schema/contribution.ts'
import { day, hour, MiB, minute } from '../../shared/units.ts'
import { type Clock, systemClock, TurnedClock } from '../clock.ts'
import { calendarDay } from './calendar-day.ts'
import { Ledger, ledgerThreadUrl } from './ledger.ts'
import { LedgerDatabase } from './ledger-database.ts'
import { applicationId, migrations } from './ledger-schema.ts'
import { failsAlways, failsOnce } from './testing/failing-thread-files.ts'
import { madeUpJob } from './testing/made-up-job.ts'

const log = pino({ level: 'silent' })
let folder: string
let path: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rma-ledger-'))
  path = join(folder, 'ledger.db')
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
})

interface Opening {
  path?: string
  keepDays?: number
  restAfterMs?: number
  thread?: URL
  clock?: Clock
}

async function openLedger(init: Opening = {}): Promise<Ledger> {
  const ledger = new Ledger(
    { clock: init.clock ?? systemClock, log },
    {
      path: init.path ?? path,
      thread: init.thread ?? ledgerThreadUrl(''),
      keepDays: () => init.keepDays ?? 365,
      ...(init.restAfterMs === undefined ? {} : { restAfterMs: init.restAfterMs }),
    },
  )
  await ledger.start()
  onTestFinished(() => ledger.stop())
  return ledger
}

const always = { from: '0000-01-01', to: '9999-12-31' }
const oneDay = calendarDay(madeUpJob(0).finishedAt)

describe('the ledger', () => {
  it('tells what ended in each hour of a span, and nothing from outside it', async () => {
    const ledger = await openLedger()
    const from = 1_764_300_000_000 + 17 * minute
    const at = (index: number, finishedAt: number, more: Partial<LedgerJob> = {}) =>
      ledger.record(madeUpJob(index, { finishedAt, createdAt: finishedAt - 900, bytesIn: 10, bytesOut: 1, ...more }))
    await Promise.all([
      at(1, from - 1),
      at(2, from),
      at(3, from + hour - 1, { state: 'failed', error: 'ENGINE_FAILED' }),
      at(4, from + hour),
      at(5, from + hour, { role: 'requested' }),
      at(6, from + 3 * hour),
    ])
    const sums = { failed: 0, bytesIn: 10, bytesOut: 1 }
    expect(await ledger.hours({ from, hours: 3 })).toEqual([
      { ...sums, from, role: 'served', jobs: 2, failed: 1, bytesIn: 20, bytesOut: 2 },
      { ...sums, from: from + hour, role: 'requested', jobs: 1 },
      { ...sums, from: from + hour, role: 'served', jobs: 1 },
    ])
  })

  it('keeps what was done, added up by day, service and role, over restarts', async () => {
    const first = await openLedger()
    await Promise.all([
      first.record(madeUpJob(1)),
      first.record(madeUpJob(2, { state: 'failed', error: 'ENGINE_FAILED' })),
      first.record(madeUpJob(3, { service: 'ner-extraction' })),
      first.record(madeUpJob(4, { role: 'requested' })),
    ])
    await first.stop()
    const ledger = await openLedger()
    const sums = {
      cancelled: 0,
      verified: 0,
      bytesIn: 1_000,
      bytesOut: 100,
      runMs: 500,
      cpuMs: 450,
      gpuMs: 0,
      failed: 0,
      jobs: 1,
    }
    expect(await ledger.days(always)).toEqual([
      { day: oneDay, service: 'ner-extraction', role: 'served', ...sums },
      { day: oneDay, service: 'ocr', role: 'requested', ...sums },
      {
        day: oneDay,
        service: 'ocr',
        role: 'served',
        ...sums,
        jobs: 2,
        failed: 1,
        bytesIn: 2_000,
        bytesOut: 200,
        runMs: 1_000,
        cpuMs: 900,
      },
    ])
    expect(await ledger.days({ from: '2020-01-01', to: '2020-12-31' })).toEqual([])
    expect(await ledger.newestJobs(2)).toEqual([
      madeUpJob(4, { role: 'requested' }),
      madeUpJob(3, { service: 'ner-extraction' }),
    ])
  })

  it('ends its thread when nobody needs it, and begins again with the next job, losing and doubling none', async () => {
    const ledger = await openLedger({ restAfterMs: 5 })
    await vi.waitFor(() => expect(ledger.awake).toBe(false))
    expect(ledger.snapshot.get().state.kind).toBe('open')
    // At all moments: while it sleeps, wakes, works and is about to end.
    for (let round = 0; round < 6; round++) {
      const jobs = Array.from({ length: 5 }, (_, index) => ledger.record(madeUpJob(round * 5 + index)))
      if (round % 2 === 0) await Promise.all(jobs)
      if (round % 3 === 0) await vi.waitFor(() => expect(ledger.awake).toBe(false), { interval: 1 })
    }
    expect(await ledger.countJobs()).toBe(30)
    await vi.waitFor(() => expect(ledger.awake).toBe(false))
    await ledger.stop()
    await expect(ledger.countJobs()).rejects.toThrow('closed')
  })

  it('writes at the end what comes while its thread goes to rest, and leaves no thread behind', async () => {
    const clock = new TurnedClock()
    const ledger = await openLedger({ clock, restAfterMs: 5 })
    clock.turn(5)
    const stopped = ledger.stop()
    while (ledger.awake) await undefined
    const job = ledger.record(madeUpJob(1))
    await stopped
    expect(await job).toBe('written')
    expect(ledger.awake).toBe(false)
  })

  it.skipIf(process.platform === 'win32')('is for its owner alone', async () => {
    const ledger = await openLedger()
    await ledger.record(madeUpJob(1))
    for (const name of await readdir(folder)) expect((await stat(join(folder, name))).mode & 0o077).toBe(0)
  })

  it('counts nothing twice', async () => {
    const ledger = await openLedger()
    await Promise.all([ledger.record(madeUpJob(1)), ledger.record(madeUpJob(1))])
    expect(await ledger.days(always)).toMatchObject([{ jobs: 1 }])
  })

  it('writes at the end what came just before it', async () => {
    const first = await openLedger()
    void first.record(madeUpJob(1))
    await first.stop()
    expect(await (await openLedger()).countJobs()).toBe(1)
  })

  it('forgets single jobs after their time, and keeps what they add up to', async () => {
    const ledger = await openLedger({ keepDays: 30 })
    await ledger.record(madeUpJob(1, { finishedAt: Date.now() - 31 * day }))
    await ledger.record(madeUpJob(2, { finishedAt: Date.now() - 29 * day }))
    await ledger.forget()
    expect((await ledger.newestJobs(10)).map(({ id }) => id)).toEqual(['made-up-job-2'])
    expect((await ledger.days(always)).reduce((sum, { jobs }) => sum + jobs, 0)).toBe(2)
  })

  it('takes over another ledger, and no job twice', async () => {
    const other = await openLedger({ path: join(folder, 'old.db') })
    await Promise.all([1, 2, 3].map(number => other.record(madeUpJob(number))))
    await other.stop()
    const ledger = await openLedger()
    await ledger.record(madeUpJob(2))
    expect(await ledger.importFrom(join(folder, 'old.db'))).toBe(2)
    expect(await ledger.importFrom(join(folder, 'old.db'))).toBe(0)
    expect(await ledger.days(always)).toMatchObject([{ jobs: 3 }])
    await expect(ledger.importFrom(join(folder, 'none.db'))).rejects.toThrow()
  })

  it('takes nothing over from a file with a job that is none, or that is no ledger', async () => {
    const other = await openLedger({ path: join(folder, 'old.db') })
    await Promise.all([1, 2].map(number => other.record(madeUpJob(number))))
    await other.stop()
    const file = new DatabaseSync(join(folder, 'old.db'))
    file.exec(`UPDATE jobs SET service = '<script>' WHERE request_id = 'made-up-job-2'`)
    file.close()
    new DatabaseSync(join(folder, 'empty.db')).close()
    const ledger = await openLedger()
    await expect(ledger.importFrom(join(folder, 'old.db'))).rejects.toThrow('one of its jobs is none: service')
    await expect(ledger.importFrom(join(folder, 'empty.db'))).rejects.toThrow('no such table')
    expect(await ledger.countJobs()).toBe(0)
  })
})

describe('a receipt', () => {
  const receipt = (number: number, verified: boolean) => ({
    requestId: madeUpJob(number).id,
    requester: madeUpJob(number).requester,
    envelope: new Uint8Array([1, 2, 3]),
    receivedAt: 5,
    verified,
  })

  it('is kept with its job and counted once', async () => {
    const ledger = await openLedger()
    void ledger.record(madeUpJob(1))
    void ledger.record(madeUpJob(2))
    expect(await ledger.keepReceipt(receipt(1, true))).toBe('stored')
    expect(await ledger.keepReceipt(receipt(1, true))).toBe('repeated')
    expect(await ledger.keepReceipt(receipt(2, false))).toBe('stored')
    expect(await ledger.days(always)).toMatchObject([{ jobs: 2, verified: 1 }])
    expect((await ledger.newestJobs(2)).map(job => job.receipt)).toEqual(['unverified', 'verified'])
  })

  it('for a job that was not served, failed, or was somebody else’s is not kept', async () => {
    const ledger = await openLedger()
    void ledger.record(madeUpJob(1, { state: 'failed' }))
    void ledger.record(madeUpJob(2, { role: 'requested' }))
    void ledger.record(madeUpJob(3))
    expect(await ledger.keepReceipt(receipt(1, true))).toBe('unknown-job')
    expect(await ledger.keepReceipt(receipt(2, true))).toBe('unknown-job')
    expect(await ledger.keepReceipt({ ...receipt(3, true), requester: 'somebody else' })).toBe('unknown-job')
    expect(await ledger.keepReceipt(receipt(4, true))).toBe('unknown-job')
  })
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
    await vi.waitFor(async () => expect(await setAside()).toHaveLength(1), 10_000)
    expect(await ledger.record(madeUpJob(1))).toBe('written')
  })

  it('(a newer version’s) is refused and left as it is', async () => {
    const newer = new DatabaseSync(path)
    newer.exec(`CREATE TABLE jobs (id); PRAGMA application_id = ${applicationId}; PRAGMA user_version = 99`)
    newer.close()
    const before = await readFile(path)
    const ledger = new Ledger({ clock: systemClock, log }, { path, thread: ledgerThreadUrl(''), keepDays: () => 1 })
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
    await vi.waitFor(() => expect(ledger.snapshot.get().state).toMatchObject({ kind: 'unwritable', lost: 0 }), 5_000)
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
