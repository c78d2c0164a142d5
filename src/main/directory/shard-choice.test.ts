import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { minute } from '../../shared/units.ts'
import { TurnedClock } from '../clock.ts'
import { maxShardDigits, serviceKey } from './keys.ts'
import { ShardChoice } from './shard-choice.ts'

const crowd = { from: 'a', full: true, workers: 256 }
const alsoCrowd = { ...crowd, from: 'b' }
const room = { from: 'c', full: false, workers: 40 }
/** Registrars of a key. */
const three = 3

let clock: TurnedClock
let shards: ShardChoice

beforeEach(() => {
  clock = new TurnedClock()
  shards = new ShardChoice({ clock })
})

afterEach(() => vi.restoreAllMocks())

/** Asks until no key is full any more, which those with `digits` digits are not. */
function goDown(digits: number): string {
  for (let shard = shards.of('ocr'); ; ) {
    shards.learn(serviceKey('ocr', shard), shard.length < digits ? [crowd, alsoCrowd] : [room], three)
    const next = shards.of('ocr')
    if (next === shard) return shard
    shard = next
  }
}

describe('the shard to ask for', () => {
  it('is the service’s own key until that is full, then goes on along one place', () => {
    shards.learn(serviceKey('ocr'), [room], three)
    expect(shards.of('ocr')).toBe('')
    shards.learn(serviceKey('ocr'), [crowd, alsoCrowd, room], three)
    const first = shards.of('ocr')
    expect(first).toMatch(/^[0-9a-f]$/)
    shards.learn(serviceKey('ocr', first), [crowd, alsoCrowd], three)
    const second = shards.of('ocr')
    expect(second).toMatch(new RegExp(`^${first}[0-9a-f]$`))
    expect(shards.of('chat')).toBe('')
  })

  it('goes on from a full key of which nobody fits what was asked for', () => {
    shards.learn(
      serviceKey('ocr'),
      [
        { ...crowd, workers: 0 },
        { ...alsoCrowd, workers: 0 },
      ],
      three,
    )
    expect(shards.of('ocr')).toHaveLength(1)
  })

  it('is not longer for what one of several registrars says, however often, until another says so too', () => {
    for (let times = 0; times < 3; times++) shards.learn(serviceKey('ocr'), [crowd, { ...room, workers: 20 }], three)
    expect(shards.of('ocr')).toBe('')
    shards.learn(serviceKey('ocr'), [alsoCrowd], three)
    const [first = ''] = shards.of('ocr')
    expect(first).toMatch(/^[0-9a-f]$/)
    shards.learn(serviceKey('ocr', first), [crowd], three)
    shards.learn(serviceKey('ocr', first), [{ ...crowd, full: false }], three)
    shards.learn(serviceKey('ocr', first), [alsoCrowd], three)
    expect(shards.of('ocr')).toBe(first)
    shards.learn(serviceKey('ocr', first), [alsoCrowd], 1)
    expect(shards.of('ocr')).toHaveLength(2)
  })

  it('stays for some minutes, and lies elsewhere then, beginning one digit shorter', () => {
    const first = goDown(2)
    clock.turn(9 * minute)
    expect(shards.of('ocr')).toBe(first)
    const later = Array.from({ length: 40 }, () => {
      clock.turn(10 * minute)
      expect(shards.of('ocr')).toHaveLength(1)
      return goDown(2)
    })
    expect(new Set(later).size).toBeGreaterThan(20)
    for (let digits = 1; digits >= 0; digits--) {
      clock.turn(10 * minute)
      expect(shards.of('ocr')).toHaveLength(digits)
    }
  })

  it('lies in every part but its own, each in turn, where others are wanted, and stays where it was', () => {
    expect(shards.elsewhere('ocr')).toBe('')
    const own = goDown(2)
    const others = Array.from({ length: 30 }, () => shards.elsewhere('ocr'))
    const rest = [...'0123456789abcdef'].filter(digit => !own.startsWith(digit))
    for (const round of [others.slice(0, 15), others.slice(15)])
      expect(round.map(([first]) => first).sort()).toEqual(rest)
    expect(new Set(others.map(([, second]) => second)).size).toBeGreaterThan(3)
    expect(others.filter(shard => !/^[0-9a-f]{2}$/.test(shard))).toEqual([])
    expect(shards.of('ocr')).toBe(own)
  })

  it('is drawn evenly', () => {
    // Multiples of the golden ratio lie evenly between 0 and 1.
    let draws = 0
    vi.spyOn(Math, 'random').mockImplementation(() => (++draws * 0.618_033_988_75) % 1)
    const drawn = Array.from({ length: 3_200 }, () => {
      clock.turn(10 * minute)
      return goDown(1)
    })
    const counts = [...'0123456789abcdef'].map(digit => drawn.filter(shard => shard === digit).length)
    expect(Math.min(...counts)).toBeGreaterThan(190)
    expect(Math.max(...counts)).toBeLessThan(210)
  })

  it('does not become shorter for what somebody says meanwhile', () => {
    const shard = goDown(2)
    shards.learn(serviceKey('ocr', shard.slice(0, 1)), [room, room, room], three)
    shards.learn(serviceKey('ocr'), [room, room, room], three)
    expect(shards.of('ocr')).toBe(shard)
  })

  it('depends little on who knows few, for that may be none of the registrars, and no more on who claims to know millions', () => {
    const few = { from: 'd', full: false, workers: 12 }
    const registrars = 8
    shards.learn(serviceKey('ocr'), [few], registrars)
    shards.learn(serviceKey('ocr'), [], registrars)
    expect(shards.of('ocr')).toBe('')
    shards.learn(serviceKey('ocr'), [crowd, few, few], registrars)
    shards.learn(serviceKey('ocr'), [alsoCrowd, few, few], registrars)
    const first = shards.of('ocr')
    expect(first).toHaveLength(1)
    const many = { from: 'e', full: false, workers: 200 }
    shards.learn(serviceKey('ocr', first), [many, many, crowd], registrars)
    expect(shards.of('ocr')).toBe(first)
    shards.learn(serviceKey('ocr', first), [crowd, alsoCrowd, { ...many, workers: 1_000_000 }], registrars)
    expect(shards.of('ocr')).toHaveLength(2)
  })

  it('is never longer than the longest key, nor changed by what is said of other places, whatever is heard', () => {
    const heard = fc.record({
      shard: fc.stringMatching(/^[0-9a-f]{0,4}$/),
      crowds: fc.array(fc.record({ from: fc.constantFrom('a', 'b', 'c'), full: fc.boolean(), workers: fc.nat(256) }), {
        maxLength: 3,
      }),
      registrars: fc.nat(8),
    })
    fc.assert(
      fc.property(fc.array(heard), answers => {
        const shards = new ShardChoice({ clock })
        for (const { shard, crowds, registrars } of answers) {
          const before = shards.of('ocr')
          shards.learn(serviceKey('ocr', shard), crowds, registrars)
          const after = shards.of('ocr')
          expect(after.length).toBeLessThanOrEqual(maxShardDigits)
          expect(after.startsWith(before)).toBe(true)
          if (before !== shard) expect(after).toBe(before)
        }
      }),
    )
  })
})

describe('a shard none of whose registrars answers', () => {
  it('is passed by, for as long as none does, and not past the longest shard', () => {
    const [digit] = goDown(1) as unknown as [string]
    expect(shards.beyond('ocr', digit)).toBeUndefined()
    shards.answered(serviceKey('ocr', digit), false)
    expect(shards.beyond('ocr', digit)).toMatch(new RegExp(`^${digit}[0-9a-f]$`))
    shards.answered(serviceKey('ocr', digit), true)
    expect(shards.beyond('ocr', digit)).toBeUndefined()
    const other = digit === '0' ? '1' : '0'
    shards.answered(serviceKey('ocr', other), false)
    expect(shards.beyond('ocr', other)).toMatch(new RegExp(`^${other}[0-9a-f]$`))
    const longest = 'a'.repeat(maxShardDigits)
    shards.answered(serviceKey('ocr', longest), false)
    expect(shards.beyond('ocr', longest)).toBeUndefined()
  })

  it('is forgotten where there are many, the one that was asked longest ago first', () => {
    const all = Array.from({ length: 129 }, (_, index) => index.toString(16).padStart(3, '0'))
    for (const shard of all.slice(0, 128)) shards.answered(serviceKey('ocr', shard), false)
    shards.answered(serviceKey('ocr', '000'), false)
    shards.answered(serviceKey('ocr', '080'), false)
    const deaf = all.filter(shard => shards.beyond('ocr', shard) !== undefined)
    expect(deaf).toEqual(all.filter(shard => shard !== '001'))
  })
})
