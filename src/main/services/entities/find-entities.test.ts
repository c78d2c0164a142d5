import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Entity, EntityType } from '../../../shared/schema/entity.ts'
import { findEntities } from './find-entities.ts'
import { loadLexicon } from './lexicon.ts'
import { NameFinder } from './name-finder.ts'
import { type Label, labelledLetters } from './testing/labelled-letters.ts'

let names: NameFinder
beforeAll(async () => {
  names = new NameFinder(await loadLexicon())
})

const find = (text: string) => findEntities(text, (whole, taken) => names.find(whole, taken))
const valuesOf = (text: string, type: EntityType) => find(text).flatMap(each => (each.type === type ? each.value : []))

const nameTypes: readonly EntityType[] = ['person', 'organisation', 'place']
const formedTypes: readonly EntityType[] = [
  'date',
  'money',
  'postcode',
  'phone',
  'email',
  'national-insurance-number',
  'bank-account',
  'council-tax-reference',
  'court-reference',
]

/** Names count where at least half of the longer one is common to both; what has a form only where it is the same. */
function matches(label: Label, entity: Entity): boolean {
  if (label.type !== entity.type) return false
  if (!nameTypes.includes(label.type)) return label.start === entity.start && label.end === entity.end
  const common = Math.min(label.end, entity.end) - Math.max(label.start, entity.start)
  return common * 2 >= Math.max(label.end - label.start, entity.end - entity.start)
}

function scoreOf(type: EntityType, half: 'a' | 'b') {
  const letters = labelledLetters(half).map(({ text, labels }) => ({
    labels: labels.filter(label => label.type === type),
    found: find(text).filter(entity => entity.type === type),
  }))
  const count = (values: readonly unknown[][]) => values.reduce((sum, each) => sum + each.length, 0)
  const labels = count(letters.map(letter => letter.labels))
  const found = count(letters.map(letter => letter.found))
  const hit = count(letters.map(letter => letter.labels.filter(each => letter.found.some(got => matches(each, got)))))
  const right = count(letters.map(letter => letter.found.filter(got => letter.labels.some(each => matches(each, got)))))
  return { labels, precision: right / found, recall: hit / labels }
}

describe('finding entities in invented letters of casework', () => {
  it.each(formedTypes)('is at least 0.9 precise and complete for %s, over all letters', type => {
    const halves = [scoreOf(type, 'a'), scoreOf(type, 'b')]
    const labels = halves.reduce((sum, each) => sum + each.labels, 0)
    const mean = (of: 'precision' | 'recall') => halves.reduce((sum, each) => sum + each[of] * each.labels, 0) / labels
    expect(labels).toBeGreaterThanOrEqual(7)
    expect({ precision: mean('precision'), recall: mean('recall') }).toSatisfy(
      (score: { precision: number; recall: number }) => score.precision >= 0.9 && score.recall >= 0.9,
    )
  })

  it.each(nameTypes)('is at least 0.75 precise and complete for %s, in letters it was not made with', type => {
    const { precision, recall } = scoreOf(type, 'b')
    expect(precision).toBeGreaterThanOrEqual(0.85)
    expect(recall).toBeGreaterThanOrEqual(0.85)
  })
})

describe('the value of', () => {
  it.each<[EntityType, string, string]>([
    ['person', 'Between PATRICIA EVANS and others', 'Patricia Evans'],
    ['person', 'Dear Dr. Anjali Mehta', 'Anjali Mehta'],
    ['person', 'Mr J. P. O’Connor called', 'J. P. O’Connor'],
    ['organisation', 'the Department for Work and Pensions wrote', 'Department for Work and Pensions'],
    ['place', 'She moved to Weston-super-Mare', 'Weston-super-Mare'],
    ['place', 'He lives at 12 Orchard Lane', '12 Orchard Lane'],
    ['date', 'on Tuesday the 3rd of February, 2026', '2026-02-03'],
    ['date', 'on 14/3/26', '2026-03-14'],
    ['date', 'on 2026-03-14 at noon', '2026-03-14'],
    ['date', 'on March 14, 2026', '2026-03-14'],
    ['date', 'on 3 February', '--02-03'],
    ['date', 'in Sept 2026.', '2026-09'],
    ['date', 'on 17 and 18 July 2024', '2024-07-17/2024-07-18'],
    ['money', 'pay £1,482.50 now', 'GBP 1482.50'],
    ['money', 'a fund of £2.5 million', 'GBP 2500000.00'],
    ['money', 'charged 89p a day', 'GBP 0.89'],
    ['money', 'about 1,200 pounds', 'GBP 1200.00'],
    ['money', 'it cost €30', 'EUR 30.00'],
    ['postcode', 'Leeds LS14AP', 'LS1 4AP'],
    ['postcode', 'London EC1A 1BB', 'EC1A 1BB'],
    ['phone', 'ring (01772) 555 943', '+441772555943'],
    ['phone', 'ring +44 7700 900812', '+447700900812'],
    ['email', 'to Help@Example.org.', 'help@example.org'],
    ['national-insurance-number', 'NI no. ab123456c or AB123456C', 'AB 12 34 56 C'],
    ['bank-account', 'sort code 309457, account number 2186 7453', '30-94-57 21867453'],
    ['council-tax-reference', 'Your council tax reference number is 2210976-4', '22109764'],
    ['council-tax-reference', 'Bailiffs came for Luton Borough Council, account reference 10077264', '10077264'],
    ['court-reference', 'Claim No. K4PP1203', 'K4PP1203'],
    ['court-reference', 'see [2024] EWCA Civ 123', '[2024] EWCA Civ 123'],
    ['court-reference', 'case 3304512/2025', '3304512/2025'],
  ])('a %s in “%s” is %s', (type, text, value) => {
    expect(valuesOf(text, type)).toEqual([value])
  })
})

describe('nothing is found where a check fails', () => {
  it.each<[EntityType, string]>([
    ['postcode', 'QX1 4AP, LS1 4CP, ALS1 4AP and LS1 4APX'],
    ['national-insurance-number', 'QQ 12 34 56 C, BG123456A, AB123456E and AO123456A'],
    ['date', '31 June 2026, 30/02/2026, 29 February 2025, 14/13/2026 and 1.2.3.4'],
    ['phone', '0113, 12345678901, 01/02/2026 and 000000'],
    ['email', 'a@b, @example.org, name@ and x@-y.org'],
    ['bank-account', '12345678 and 12-34-56, or 12-34-5612345678'],
    ['council-tax-reference', 'reference number 2210976, of another kind'],
    ['council-tax-reference', 'Leeds City Council, rent account reference 10077264'],
    ['money', '100 people, £ and p.'],
    ['person', 'Universal Credit and Personal Independence Payment'],
    ['organisation', 'Housing Benefit, Council Tax and National Insurance number'],
  ])('%s: %s', (type, text) => {
    expect(valuesOf(text, type)).toEqual([])
  })
})

describe('finding entities', () => {
  it('knows a single name again from where it stands in full', () => {
    expect(valuesOf('Zainab Okonkwo came. Later Okonkwo left.', 'person')).toEqual(['Zainab Okonkwo', 'Okonkwo'])
  })

  it('counts places in the text as JavaScript does', () => {
    const text = '😀 Ring Fatima on 0113 496 0182'
    for (const { start, end, text: said } of find(text)) expect(text.slice(start, end)).toBe(said)
    expect(find(text)).toHaveLength(2)
  })

  it('gives, for any text, entities in order that do not overlap and that say what stands there', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 20 }),
      fc.constantFrom(
        'Mr',
        'Leeds',
        'Council',
        'of',
        'and',
        '£',
        '12',
        '-',
        '/',
        '\n',
        '@',
        '.',
        'March',
        '07700',
        'LS1',
      ),
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), pieces => {
        const text = pieces.join(' ')
        let end = 0
        for (const entity of find(text)) {
          expect(entity.start).toBeGreaterThanOrEqual(end)
          expect(text.slice(entity.start, entity.end)).toBe(entity.text)
          expect(entity.value).not.toBe('')
          end = entity.end
        }
      }),
      { numRuns: 300 },
    )
  })

  it.each([
    'a',
    'A',
    'Mr ',
    'Aa ',
    'Council of ',
    'and & ',
    '1',
    '1 ',
    '1-',
    '£1,',
    '(',
    '[[{',
    '+44 ',
    'a.b@',
    'a@a.',
    '12-34-56 ',
    'council tax account ',
    'Monday the 1 and ',
    "'s ",
    'claim A1',
    '12 Aa Bb Cc ',
    '\n',
  ])('takes time in proportion to the length of a text of “%s” over and over', unit => {
    expectProportional(length => unit.repeat(Math.ceil(length / unit.length)).slice(0, length))
  })

  it('takes time in proportion to the length of a letter about council tax that says “account ” over and over', () => {
    expectProportional(length => `council tax ${'account '.repeat(length / 8)}`, 8 * 1_024)
  })
})

function expectProportional(textOf: (length: number) => string, shortLength = 64 * 1_024): void {
  const short = cpuTimeOf(textOf(shortLength))
  const long = cpuTimeOf(textOf(8 * shortLength))
  // Eight times the length; sixty-four times the time if it grew with the square.
  expect(long).toBeLessThan(24 * Math.max(short, 2_000))
}

/** Least CPU time of three runs, in microseconds. */
function cpuTimeOf(text: string): number {
  const times = [1, 2, 3].map(() => {
    const before = process.cpuUsage()
    find(text)
    const { user, system } = process.cpuUsage(before)
    return user + system
  })
  return Math.min(...times)
}
