import { MemoryDatastore } from 'datastore-core'
import { Key } from 'interface-datastore'
import { describe, expect, it } from 'vitest'
import { day, hour, minute } from '../../shared/units.ts'
import { TurnedClock } from '../clock.ts'
import { createLog, LogBuffer } from '../log.ts'
import { EdgeAllowance, mayAskAt } from './edge-allowance.ts'

const log = createLog({ level: 'error', buffer: new LogBuffer() })
const now = 1_700_000_000_000

describe('when the edge router may be asked', () => {
  it('is at once the first time, and later and later while it does not help', () => {
    expect(mayAskAt({ day: '', today: 0, inVain: 0 }, now)).toBe(now)
    const waits = [1, 2, 3, 4, 5, 9].map(inVain => mayAskAt({ day: '', today: 0, askedAt: now, inVain }, now) - now)
    expect(waits).toEqual([15 * minute, hour, 4 * hour, 16 * hour, day, day])
  })

  it('is an hour after it helped: its answer is kept, and tried first', () => {
    expect(mayAskAt({ day: '', today: 0, askedAt: now, inVain: 0 }, now)).toBe(now + hour)
  })

  it('is at once where the clock was set back', () => {
    expect(mayAskAt({ day: '', today: 0, askedAt: now + day, inVain: 3 }, now)).toBe(now)
  })

  it('is remembered, with the count of the day, over a restart and until midnight UTC', async () => {
    const clock = new TurnedClock(Date.parse('2026-03-01T22:00:00Z'))
    const datastore = new MemoryDatastore()
    const first = new EdgeAllowance({ datastore, clock, log })
    await first.start()
    await first.asked()
    await first.count()
    const second = new EdgeAllowance({ datastore, clock, log })
    await second.start()
    expect(second.today).toBe(2)
    expect(second.allowedAt).toBe(clock.now() + 15 * minute)
    clock.turn(3 * hour)
    expect(second.today).toBe(0)
    await second.asked()
    expect(second.today).toBe(1)
    expect(second.allowedAt).toBe(clock.now() + hour)
    await second.helped()
    expect(second.allowedAt).toBe(clock.now() + hour)
    await second.asked()
    expect(second.allowedAt).toBe(clock.now() + 15 * minute)
  })

  it('starts anew where the count on disk is none, and is kept in memory where it cannot be written', async () => {
    const clock = new TurnedClock(Date.parse('2026-03-01T22:00:00Z'))
    const datastore = new MemoryDatastore()
    const counting = new EdgeAllowance({ datastore, clock, log })
    await counting.asked()
    for await (const { key } of datastore.query({})) datastore.put(key, new TextEncoder().encode('{"today":-1}'))
    const allowance = new EdgeAllowance({ datastore, clock, log })
    await allowance.start()
    expect([allowance.today, allowance.allowedAt]).toEqual([0, clock.now()])
    datastore.put = () => {
      throw new Error('the disk is full')
    }
    await allowance.asked()
    expect([allowance.today, allowance.allowedAt]).toEqual([1, clock.now() + 15 * minute])
    allowance.stop()
    expect([allowance.today, allowance.allowedAt]).toEqual([0, clock.now()])
  })

  it('is written only where help has changed it', async () => {
    const clock = new TurnedClock()
    const datastore = new MemoryDatastore()
    const allowance = new EdgeAllowance({ datastore, clock, log })
    await allowance.helped()
    expect(await datastore.has(new Key('/edge-requests'))).toBe(false)
    await allowance.asked()
    expect(await datastore.has(new Key('/edge-requests'))).toBe(true)
  })

  it('costs at most six requests in a day of being cut off', async () => {
    const clock = new TurnedClock(Date.parse('2026-03-01T00:00:00Z'))
    const allowance = new EdgeAllowance({ datastore: new MemoryDatastore(), clock, log })
    await allowance.start()
    let asked = 0
    for (const end = clock.now() + day; clock.now() < end; clock.turn(minute)) {
      if (allowance.allowedAt > clock.now()) continue
      await allowance.asked()
      asked++
    }
    expect(asked).toBe(5)
  })
})
