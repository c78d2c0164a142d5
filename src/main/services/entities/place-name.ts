import { sure } from './entity.ts'
import type { KnownWords } from './known-words.ts'
import { plainStreets, streetEnds } from './name-grammar.ts'
import type { NameReading } from './name-reading.ts'

const longestPlace = 5

/** 12 Orchard Lane; Unit 4 Brook Way; Padiham Road; PO Box 314. */
export function streetAt(words: KnownWords, at: number): NameReading | undefined {
  if (words.lower(at) === 'po' && words.lower(at + 1) === 'box' && /^\d/.test(words.lower(at + 2))) {
    return { type: 'place', from: at, to: at + 3, confidence: sure.formed }
  }
  const numbered = /^\d{1,4}[a-z]?$/i.test(words.at(at)?.text ?? '')
  const from = numbered ? at + 1 : at
  for (let end = from; end < from + 4 && words.at(end)?.capital; end++) {
    if (end > at && !words.joins(end)) return undefined
    if (end === from) continue
    const last = words.lower(end)
    if (!(numbered ? streetEnds : plainStreets).has(last)) continue
    if (!numbered && words.isOrdinary(from)) return undefined
    return { type: 'place', from: at, to: end + 1, confidence: numbered ? sure.formed : sure.listed }
  }
  return undefined
}

/** A place that is listed, where nothing says that the words mean something else. */
export function placeAt(words: KnownWords, at: number): NameReading | undefined {
  const to = words.longest(at, at + longestPlace, longestPlace, name => words.lexicon.places.has(name))
  if (to === undefined) return undefined
  const there = words.isPlaceThere(at)
  if (to === at + 1) {
    const lower = words.lower(at)
    const ambiguous = words.isOrdinary(at) || words.lexicon.givenNames.has(lower)
    if (ambiguous && !there && !isOnItsOwn(words, at)) return undefined
    if (words.isOrdinary(at) && words.at(at)?.gap !== 'near' && words.at(at)?.gap !== 'comma') return undefined
    if (lower.length < 3) return lower === 'uk' ? { type: 'place', from: at, to, confidence: sure.named } : undefined
  }
  return { type: 'place', from: at, to, confidence: there ? sure.named : sure.listed }
}

/** Between commas or line ends, as in an address. */
function isOnItsOwn(words: KnownWords, at: number): boolean {
  const before = words.at(at)?.gap
  const after = words.at(at + 1)?.gap
  return before === 'comma' && after !== 'near'
}
