import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import type { LedgerSnapshot } from '../../shared/schema/contribution.ts'
import { second } from '../../shared/units.ts'
import { TurnedClock } from '../clock.ts'
import { LedgerBook } from './ledger-book.ts'
import { LedgerDatabase } from './ledger-database.ts'
import { judgeFailure, LedgerForeign, LedgerNewer } from './ledger-failure.ts'
import type { EntryOutcome } from './ledger-messages.ts'
import { applicationId } from './ledger-schema.ts'
import { madeUpJob } from './testing/made-up-job.ts'

/** More than once the time after which what could not be done is tried again. */
const triedAgainMs = 6 * second

let folder: string
let path: string
let clock: TurnedClock
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rma-ledger-'))
  path = join(folder, 'ledger.db')
  clock = new TurnedClock()
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
})

/** A book, what it says of itself, and what became of each entry. */
function makeBook() {
  const told: { snapshot?: LedgerSnapshot; outcomes: Record<number, EntryOutcome> } = { outcomes: {} }
  const book = new LedgerBook(
    { clock },
    {
      path,
      check: true,
      onWritten: outcomes => {
        for (const { id, outcome } of outcomes) told.outcomes[id] = outcome
      },
      onSnapshot: snapshot => {
        told.snapshot = snapshot
      },
    },
  )
  onTestFinished(() => book.close())
  return { book, told, write: (number: number) => book.write(number, { kind: 'job', job: madeUpJob(number) }) }
}

/** Something that no file can be moved over or opened in the place of. */
async function block(name: string): Promise<() => Promise<void>> {
  await mkdir(join(name, 'in the way'), { recursive: true })
  return () => rm(name, { recursive: true })
}

const text = 'not a database, but long enough to be taken for one at a first glance'

describe('a ledger that is no good and cannot be moved', () => {
  it('keeps what comes, says so, and goes aside whole once it can', async () => {
    await writeFile(path, text)
    const aside = `${path}.unreadable-${clock.now()}`
    const unblock = await block(aside)
    const { book, told, write } = makeBook()
    book.open()
    write(1)
    clock.turn(triedAgainMs)
    write(2)
    expect(told.snapshot).toMatchObject({ state: { kind: 'unwritable', waiting: 2, lost: 0 }, setAside: [] })
    expect(() => book.ask({ name: 'countJobs' })).toThrow('cannot be read now')
    await unblock()
    clock.turn(triedAgainMs)
    expect(told).toEqual({
      outcomes: { 1: 'written', 2: 'written' },
      snapshot: { state: { kind: 'open' }, setAside: [aside] },
    })
    expect(await readFile(aside, 'utf8')).toBe(text)
  })

  it('may be found damaged long after it was opened, and nothing ends of that', async () => {
    const first = makeBook()
    first.book.open()
    for (let number = 0; number < 2_000; number++) first.write(number)
    first.book.close()
    await damage(path)
    const { book, told, write } = makeBook()
    book.open()
    expect(told.snapshot).toEqual({ state: { kind: 'open' }, setAside: [] })
    const aside = `${path}.unreadable-${clock.now() + 3 * second}`
    const unblock = await block(aside)
    clock.turn(3 * second)
    expect(told.snapshot?.state.kind).toBe('unwritable')
    write(2_000)
    await unblock()
    clock.turn(triedAgainMs)
    expect(told.outcomes[2_000]).toBe('written')
    expect(told.snapshot).toEqual({ state: { kind: 'open' }, setAside: [aside] })
  })

  it('keeps its write-ahead log, however far the move has come when the node ends', async () => {
    const live = new DatabaseSync(path)
    live.exec('PRAGMA journal_mode = WAL; CREATE TABLE songs (title TEXT)')
    onTestFinished(() => live.close())
    const log = await readFile(`${path}-wal`)
    expect(log.byteLength).toBeGreaterThan(0)
    await block(`${path}.unreadable-${clock.now()}-wal`)
    const first = makeBook()
    first.book.open()
    expect(first.told.snapshot?.state.kind).toBe('unwritable')
    // The node ends before the move could be finished.
    first.book.close()
    clock.turn(second)
    const { book, told } = makeBook()
    book.open()
    const aside = `${path}.unreadable-${clock.now()}`
    expect(told.snapshot).toEqual({ state: { kind: 'open' }, setAside: [aside] })
    expect(await readFile(`${aside}-wal`)).toEqual(log)
  })
})

describe('a file that cannot be opened now', () => {
  it('keeps what comes until it can be, and is not taken for a newer version’s', async () => {
    const unblock = await block(path)
    const { book, told, write } = makeBook()
    book.open()
    write(1)
    clock.turn(triedAgainMs)
    expect(told).toMatchObject({ outcomes: {}, snapshot: { state: { kind: 'unwritable', waiting: 1, lost: 0 } } })
    await unblock()
    clock.turn(triedAgainMs)
    expect(told).toMatchObject({ outcomes: { 1: 'written' }, snapshot: { state: { kind: 'open' } } })
  })

  it('keeps what comes whatever SQLite says of it', async () => {
    const odd = new DatabaseSync(path)
    odd.exec(`CREATE TABLE songs (title TEXT); PRAGMA application_id = ${applicationId}; PRAGMA user_version = 1`)
    odd.close()
    const { book, told, write } = makeBook()
    book.open()
    write(1)
    clock.turn(triedAgainMs)
    expect(told).toMatchObject({ outcomes: {}, snapshot: { state: { kind: 'unwritable', waiting: 1, lost: 0 } } })
    await rm(path)
    clock.turn(triedAgainMs)
    expect(told).toMatchObject({ outcomes: { 1: 'written' }, snapshot: { state: { kind: 'open' } } })
  })

  it('and is then locked by another program is waited for all the same, before anything came to be written', async () => {
    new LedgerDatabase(path).close()
    const bytes = await readFile(path)
    await rm(path)
    const unblock = await block(path)
    const { book, told, write } = makeBook()
    book.open()
    await unblock()
    await writeFile(path, bytes)
    const other = new DatabaseSync(path)
    onTestFinished(() => other.close())
    other.exec('BEGIN IMMEDIATE')
    clock.turn(triedAgainMs)
    expect(told.snapshot?.state).toMatchObject({ kind: 'unwritable', reason: 'database is locked' })
    other.exec('ROLLBACK')
    clock.turn(triedAgainMs)
    expect(told.snapshot?.state).toEqual({ kind: 'open' })
    write(1)
    clock.turn(second)
    expect(told.outcomes).toEqual({ 1: 'written' })
  })

  it('and turns out to be a newer version’s is left as it is, and what comes is kept', async () => {
    const unblock = await block(path)
    const { book, told, write } = makeBook()
    book.open()
    await unblock()
    const newer = new DatabaseSync(path)
    newer.exec(`CREATE TABLE jobs (id); PRAGMA application_id = ${applicationId}; PRAGMA user_version = 99`)
    newer.close()
    const before = await readFile(path)
    write(1)
    clock.turn(triedAgainMs)
    expect(told).toMatchObject({ outcomes: {}, snapshot: { state: { kind: 'unwritable', waiting: 1, lost: 0 } } })
    expect(await readFile(path)).toEqual(before)
  })
})

it('an entry that the ledger does not take is lost and said so; the others, and those that come after, are written', async () => {
  const unblock = await block(path)
  const { book, told, write } = makeBook()
  book.open()
  write(1)
  book.write(2, { kind: 'job', job: madeUpJob(2, { bytesIn: 0.5 }) })
  await unblock()
  clock.turn(triedAgainMs)
  write(3)
  clock.turn(second)
  expect(told.outcomes).toEqual({ 1: 'written', 2: 'lost', 3: 'written' })
  expect(told.snapshot?.state).toEqual({ kind: 'open' })
})

it.each([
  ['another program is at the file', { code: 'EBUSY', syscall: 'rename' }, 'wait'],
  ['this program may not', { code: 'EPERM', syscall: 'open' }, 'wait'],
  ['too many files are open', { code: 'EMFILE', syscall: 'open' }, 'wait'],
  ['too many files are open anywhere', { code: 'ENFILE', syscall: 'open' }, 'wait'],
  ['the folder is away', { code: 'ENOENT', syscall: 'open' }, 'wait'],
  ['the disk is full', { code: 'ENOSPC', syscall: 'open' }, 'wait'],
  ['SQLite finds the file locked', { code: 'ERR_SQLITE_ERROR', errcode: 5 }, 'wait'],
  ['SQLite finds the file damaged', { code: 'ERR_SQLITE_ERROR', errcode: 11 }, 'set-aside'],
  ['SQLite does not take an entry', { code: 'ERR_SQLITE_ERROR', errcode: 19 }, 'fault'],
  ['the program is at fault', { code: 'ERR_INVALID_ARG_TYPE' }, 'fault'],
  ['it is somebody else’s', new LedgerForeign(), 'set-aside'],
  ['a newer version has written it', new LedgerNewer(2, 1), 'refuse'],
] as const)('%s: what that calls for', (_what, error, failure) => {
  expect(judgeFailure(error)).toBe(failure)
})

/** Three pages after the first. */
async function damage(file: string): Promise<void> {
  const bytes = await readFile(file)
  bytes.fill(0xa5, 4_096, 4 * 4_096)
  await writeFile(file, bytes)
}
