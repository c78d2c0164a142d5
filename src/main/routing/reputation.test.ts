import { MemoryDatastore } from 'datastore-core'
import fc from 'fast-check'
import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { day } from '../../shared/units.ts'
import { TurnedClock } from '../clock.ts'
import { afterVerdict, checkChance, faded, type Standing, trustIn } from './reputation.ts'
import { ReputationBook } from './reputation-book.ts'

const verdicts = fc.array(fc.constantFrom('agreed' as const, 'disputed' as const), { maxLength: 200 })
const standingAfter = (list: readonly ('agreed' | 'disputed')[], now = 0) =>
  list.reduce<Standing | undefined>((standing, verdict) => afterVerdict(standing, verdict, now), undefined)

describe('trust in a worker', () => {
  it.each([
    ['new', []],
    ['new', ['agreed', 'agreed']],
    ['proven', ['agreed', 'agreed', 'agreed']],
    ['doubted', ['agreed', 'disputed']],
    ['distrusted', ['disputed', 'disputed']],
  ] as const)('is “%s” after %j', (trust, list) => {
    expect(trustIn(standingAfter(list), 0)).toBe(trust)
  })

  it('survives a few disputes of one that is right nearly always', () => {
    const list = Array.from({ length: 100 }, (_, index) =>
      index % 12 === 11 ? ('disputed' as const) : ('agreed' as const),
    )
    expect(trustIn(standingAfter(list), 0)).toBe('proven')
  })

  it('is lost by one that is wrong half of the time', () => {
    const list = Array.from({ length: 20 }, (_, index) =>
      index % 2 === 0 ? ('agreed' as const) : ('disputed' as const),
    )
    expect(trustIn(standingAfter(list), 0)).toBe('distrusted')
  })

  it('never falls by an agreement nor rises by a dispute', () => {
    const rank = { distrusted: 0, doubted: 1, new: 2, proven: 3 }
    const rankOf = (standing: Standing | undefined) => rank[trustIn(standing, 0)]
    fc.assert(
      fc.property(verdicts, list => {
        const standing = standingAfter(list)
        expect(rankOf(afterVerdict(standing, 'agreed', 0))).toBeGreaterThanOrEqual(rankOf(standing))
        expect(rankOf(afterVerdict(standing, 'disputed', 0))).toBeLessThanOrEqual(rankOf(standing))
      }),
    )
  })

  it('fades: in the end nobody is distrusted, and a clock that is turned back changes nothing', () => {
    fc.assert(
      fc.property(verdicts, list => {
        const standing = standingAfter(list, 100 * day)
        if (standing === undefined) return
        expect(trustIn(standing, 100 * day + 365 * day)).toBe('new')
        expect(faded(standing, 0)).toMatchObject({ agreed: standing.agreed, disputed: standing.disputed })
      }),
    )
  })

  it('decides how many answers are checked: few of the proven, many of those not known, all of the doubted', () => {
    expect((['proven', 'new', 'doubted'] as const).map(checkChance)).toEqual([0.02, 0.5, 1])
  })
})

describe('the book of reputations', () => {
  const worker = '12D3KooWQYhTNQdmr3ArTeUHRYzFg94BKyTkoWBDWez9kSCVe2Xo'
  const init = { networkId: 'test' }
  const log = pino({ level: 'silent' })

  it('outlives the node, and fades meanwhile', async () => {
    const [clock, datastore] = [new TurnedClock(), new MemoryDatastore()]
    const book = new ReputationBook({ clock, datastore, log }, init)
    await book.start()
    for (const _ of [1, 2]) book.note(worker, 'disputed')
    await book.stop()
    const again = new ReputationBook({ clock, datastore, log }, init)
    await again.start()
    expect(again.trustIn(worker)).toBe('distrusted')
    clock.turn(60 * day)
    expect(again.trustIn(worker)).toBe('new')
    await again.stop()
  })

  it('forgets no liar for the sake of strangers', () => {
    const book = new ReputationBook({ clock: new TurnedClock(), log }, init)
    for (const _ of [1, 2]) book.note(worker, 'disputed')
    for (let stranger = 0; stranger < 3_000; stranger++) book.note(`stranger-${stranger}`, 'agreed')
    expect(book.trustIn(worker)).toBe('distrusted')
  })
})
