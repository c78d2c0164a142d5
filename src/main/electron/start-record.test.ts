import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { day, hour, second } from '../../shared/units.ts'
import { beginStart, noStarts, offersSafeMode, StartRecord } from './start-record.ts'

const now = 1_700_000_000_000
const quiet = pino({ enabled: false })

describe('safe mode', () => {
  it('is offered at the fourth start when three before it have failed', () => {
    let starts = noStarts
    const offers: boolean[] = []
    for (let start = 0; start < 4; start++) {
      starts = beginStart(starts, now + start * 10 * second)
      offers.push(offersSafeMode(starts))
    }
    expect(offers).toEqual([false, false, false, true])
  })

  it('is not offered for failures that lie a day back, or ahead because the clock was turned', () => {
    const failed = [now - day, now - day - hour, now - 2 * day]
    expect(offersSafeMode(beginStart({ failed }, now))).toBe(false)
    expect(offersSafeMode(beginStart({ failed: [now + 1, now + 2, now + 3] }, now))).toBe(false)
  })
})

describe('the record of starts', () => {
  let dataFolder: string

  beforeEach(async () => {
    dataFolder = await mkdtemp(join(tmpdir(), 'rma-starts-'))
  })

  afterEach(() => rm(dataFolder, { recursive: true, force: true }))

  const record = () => new StartRecord({ log: quiet }, { dataFolder })

  it('outlives programs that die, and is wiped by one that goes well', async () => {
    for (let start = 0; start < 3; start++) expect(record().begin(now + start)).toBe(false)
    const fourth = record()
    expect(fourth.begin(now + 3)).toBe(true)
    fourth.wentWell()
    expect(record().begin(now + 4)).toBe(false)
    expect(await readdir(dataFolder)).toEqual(['starts.json'])
  })

  it.each(['', '{"failed":7}', 'null'])('costs nothing but the offer when it holds %j', async text => {
    await writeFile(join(dataFolder, 'starts.json'), text)
    expect(record().begin(now)).toBe(false)
    expect(JSON.parse(await readFile(join(dataFolder, 'starts.json'), 'utf8'))).toEqual({ failed: [], openSince: now })
  })

  it('costs nothing where it cannot be written', () => {
    const nowhere = new StartRecord({ log: quiet }, { dataFolder: '/proc/nowhere' })
    expect(nowhere.begin(now)).toBe(false)
    nowhere.wentWell()
  })
})
