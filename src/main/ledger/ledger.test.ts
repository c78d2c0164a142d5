import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { LedgerJob } from '../../shared/schema/contribution.ts'
import { day, hour, minute } from '../../shared/units.ts'
import { TurnedClock } from '../clock.ts'
import { calendarDay } from './calendar-day.ts'
import { madeUpJob } from './testing/made-up-job.ts'
import { always, type LedgerFolder, ledgerFolder } from './testing/test-ledger.ts'

let folder: string
let openLedger: LedgerFolder['openLedger']
beforeEach(async () => {
  ;({ folder, openLedger } = await ledgerFolder())
})

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

  it('forgets none where not even the newest is to be kept: then the clock is wrong', async () => {
    const clock = new TurnedClock(Date.now())
    const ledger = await openLedger({ clock, keepDays: 30 })
    await ledger.record(madeUpJob(1, { finishedAt: clock.now() - 31 * day }))
    await ledger.record(madeUpJob(2, { finishedAt: clock.now() }))
    clock.set(400 * day)
    await ledger.forget()
    expect(await ledger.countJobs()).toBe(2)
    clock.set(-400 * day)
    await ledger.forget()
    expect(await ledger.countJobs()).toBe(1)
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
