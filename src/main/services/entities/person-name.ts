import { sure } from './entity.ts'
import type { KnownWords } from './known-words.ts'
import { connectors, greetings, halfTitles, organisationHeads, personConnectors, titles } from './name-grammar.ts'
import type { NameReading } from './name-reading.ts'

const longestPerson = 5
const mostTitles = 4

/** Dr. Anjali Mehta; Mr and Mrs Delaney; District Judge Harrington. */
export function titledAt(words: KnownWords, at: number): NameReading | undefined {
  let from = at
  while (from < at + mostTitles && isTitle(words, from, at)) {
    const joined = words.at(from + 1)?.lower
    from += (joined === 'and' || joined === '&') && isTitle(words, from + 2, at) ? 2 : 1
  }
  if (from === at || halfTitles.has(words.lower(from - 1))) return undefined
  let to = from
  while (to < from + longestPerson && words.at(to)?.capital && followsName(words, to, from)) to++
  if (to === from) return undefined
  return { type: 'person', from: at, to, confidence: sure.formed }
}

function isTitle(words: KnownWords, at: number, first: number): boolean {
  const word = words.at(at)
  return word?.capital === true && titles.has(word.lower) && (at === first || words.isNear(at))
}

function followsName(words: KnownWords, at: number, first: number): boolean {
  if (at === first) return words.isNear(at)
  return words.joins(at) && !organisationHeads.has(words.lower(at))
}

/** A name of two words or more. */
export function personAt(words: KnownWords, at: number, run: number): NameReading | undefined {
  const { givenNames } = words.lexicon
  const isGiven = givenNames.has(words.lower(at))
  if (words.isOrdinary(at) && !isGiven && !words.isInitial(at)) return undefined
  let known = words.isName(at) ? 1 : 0
  let to = at + 1
  let names = words.isInitial(at) ? 0 : 1
  for (; to < run && to < at + longestPerson; to++) {
    const { lower, capital } = words.at(to) ?? { lower: '', capital: false }
    if (personConnectors.has(lower) && to + 1 < run) continue
    if (!capital || connectors.has(lower) || (words.isOrdinary(to) && !words.isSurname(to) && !words.isInitial(to)))
      break
    if (words.isName(to)) known++
    if (!words.isInitial(to)) names++
  }
  if (to - at < 2 || names < 1 || known === 0) return undefined
  if (!isGiven && words.isPlaceThere(at)) return undefined
  if (words.isOrdinary(at) && !words.isSurname(at + 1) && names < 2) return undefined
  return { type: 'person', from: at, to, confidence: isGiven && known > 1 ? sure.named : sure.listed }
}

/** A given name alone, or whoever is greeted. */
export function singleNameAt(words: KnownWords, at: number): NameReading | undefined {
  const lower = words.lower(at)
  const greeted = greetings.has(words.lower(at - 1)) && words.joins(at)
  const reading = { type: 'person', from: at, to: at + 1 } as const
  if (greeted && !words.isOrdinary(at)) return { ...reading, confidence: sure.named }
  if (!words.lexicon.givenNames.has(lower) || words.isOrdinary(at) || words.isAcronym(at)) return undefined
  return { ...reading, confidence: sure.listed }
}
