import { type Entity, type EntityType, entityAt, sure } from './entity.ts'
import type { Lexicon } from './lexicon.ts'
import {
  companyForms,
  connectors,
  greetings,
  halfTitles,
  openers,
  organisationHeads,
  organisationPrefixes,
  personConnectors,
  placePrepositions,
  plainStreets,
  streetEnds,
  titles,
  unmaking,
  weakHeads,
} from './name-grammar.ts'
import { type Word, wordsOf } from './words.ts'

/** Most words of one name: it bounds the work at each word, and so the work in all. */
const longestName = 10
const longestPlace = 5
const longestPerson = 5
const mostTitles = 4

/** A name recognised at a word: how many words it takes, and what it is. */
interface Reading {
  type: EntityType
  /** Index of its first word and of the one behind its last. */
  from: number
  to: number
  confidence: number
}

/**
 * Finds people, organisations and places by the words they consist of and those around them: titles, words that make an
 * organisation, streets, and what is known of given names, surnames and places. The value of a person leaves out titles;
 * names in capitals are written as usual.
 */
export class NameFinder {
  readonly #lexicon: Lexicon

  constructor(lexicon: Lexicon) {
    this.#lexicon = lexicon
  }

  find(text: string, taken: readonly Entity[]): Entity[] {
    const sentence = new Reader(this.#lexicon, text, clearOf(taken, wordsOf(text)))
    return sentence.read()
  }
}

/** The words outside what is taken; the first one after it begins anew. */
function clearOf(taken: readonly Entity[], words: Iterable<Word>): Word[] {
  const clear: Word[] = []
  let next = 0
  let cut = false
  for (const word of words) {
    while (next < taken.length && (taken[next]?.end ?? 0) <= word.start) {
      next++
      cut = true
    }
    if (word.end > (taken[next]?.start ?? Number.POSITIVE_INFINITY)) continue
    clear.push(cut && word.gap === 'near' ? { ...word, gap: 'break' } : word)
    cut = false
  }
  return clear
}

class Reader {
  readonly #lexicon: Lexicon
  readonly #text: string
  readonly #words: readonly Word[]
  readonly #people = new Set<string>()

  constructor(lexicon: Lexicon, text: string, words: readonly Word[]) {
    this.#lexicon = lexicon
    this.#text = text
    this.#words = words
  }

  read(): Entity[] {
    const found: Reading[] = []
    const unread: number[] = []
    for (let at = 0; at < this.#words.length; ) {
      const reading = this.#readAt(at)
      if (reading) {
        found.push(reading)
        if (reading.type === 'person') this.#remember(reading)
      } else if (this.#words[at]?.capital) {
        unread.push(at)
      }
      at = reading?.to ?? at + 1
    }
    const namedElsewhere = unread
      .filter(at => this.#people.has(this.#lower(at)) && !this.#lexicon.common.has(this.#lower(at)))
      .map(at => ({ type: 'person', from: at, to: at + 1, confidence: sure.listed }) as const)
    return [...found, ...namedElsewhere]
      .flatMap(reading => this.#entityOf(reading) ?? [])
      .sort((a, b) => a.start - b.start)
  }

  #readAt(at: number): Reading | undefined {
    const word = this.#words[at]
    if (word === undefined) return undefined
    if (/^\d/.test(word.text)) return this.#streetAt(at)
    if (!word.capital) return undefined
    const run = this.#runFrom(at)
    return (
      this.#titledAt(at) ??
      this.#organisationAt(at, run) ??
      this.#streetAt(at) ??
      this.#personAt(at, run, false) ??
      this.#placeAt(at) ??
      this.#personAt(at, run, true) ??
      this.#guessAt(at, run)
    )
  }

  /** Index behind the run of capitalised words, with small words between them, that begins at `at`. */
  #runFrom(at: number): number {
    let end = at + 1
    for (let next = at + 1; next < this.#words.length && next < at + longestName; next++) {
      const word = this.#words[next]
      if (word === undefined || !this.#joins(next)) break
      if (word.capital) end = next + 1
      else if (companyForms.has(word.lower)) end = next + 1
      else if (!connectors.has(word.lower)) break
    }
    return end
  }

  /** Whether the word belongs to the same line of words as the one before it. */
  #joins(at: number): boolean {
    const gap = this.#words[at]?.gap
    return gap === 'near' || (gap === 'stop' && isInitial(this.#words[at - 1]))
  }

  /** Dr. Anjali Mehta; Mr and Mrs Delaney; District Judge Harrington. */
  #titledAt(at: number): Reading | undefined {
    let from = at
    while (from < at + mostTitles && this.#isTitle(from, at)) {
      const joined = this.#words[from + 1]?.lower
      from += (joined === 'and' || joined === '&') && this.#isTitle(from + 2, at) ? 2 : 1
    }
    if (from === at || halfTitles.has(this.#lower(from - 1))) return undefined
    let to = from
    while (to < from + longestPerson && this.#words[to]?.capital && this.#followsName(to, from)) to++
    if (to === from) return undefined
    return { type: 'person', from: at, to, confidence: sure.formed }
  }

  #isTitle(at: number, first: number): boolean {
    const word = this.#words[at]
    return word?.capital === true && titles.has(word.lower) && (at === first || this.#isNear(at))
  }

  #isNear(at: number): boolean {
    const gap = this.#words[at]?.gap
    return gap === 'near' || gap === 'stop'
  }

  #followsName(at: number, first: number): boolean {
    if (at === first) return this.#isNear(at)
    return this.#joins(at) && !organisationHeads.has(this.#lower(at))
  }

  #organisationAt(at: number, run: number): Reading | undefined {
    const first = this.#lower(at)
    const known = this.#longest(at, run, longestPlace, words => this.#lexicon.organisations.has(words))
    const head = this.#headIn(at, run)
    if (head !== undefined) return { type: 'organisation', from: at, to: head, confidence: sure.named }
    if (known === undefined) return undefined
    const isOrdinary =
      known === at + 1 && (this.#lexicon.common.has(first) || this.#isName(at)) && !isAcronym(this.#words[at])
    return isOrdinary && !this.#isAmidSentence(at)
      ? undefined
      : { type: 'organisation', from: at, to: known, confidence: sure.listed }
  }

  /** After a word in lower case, where a capital is no accident. */
  #isAmidSentence(at: number): boolean {
    return this.#words[at]?.gap === 'near' && this.#words[at - 1]?.capital === false
  }

  /** Index behind the organisation that begins at `at` and is made one by a head. */
  #headIn(at: number, run: number): number | undefined {
    const first = this.#lower(at)
    if (openers.has(first)) return undefined
    const from = first === 'the' ? at + 1 : at
    if (this.#isOrdinary(from) && !this.#opensOrganisation(from)) return undefined
    for (let head = from; head < run; head++) {
      const lower = this.#lower(head)
      if (head > from && this.#separates(head, from)) return undefined
      if (!organisationHeads.has(lower) && !(head === from && organisationPrefixes.has(lower) && head + 1 < run))
        continue
      if (unmaking.has(this.#lower(head + 1)) && this.#joins(head + 1)) return undefined
      if (lower === 'insurance' && this.#lower(head - 1) === 'national') return undefined
      if (organisationPrefixes.has(lower)) {
        const later = this.#lastHead(head, run)
        return later === head + 1 ? Math.min(run, head + 2) : later
      }
      const end = this.#lastHead(head, run)
      const named = end > head + 1 || head > from
      if (!named || (head === from && weakHeads.has(lower) && !connectors.has(this.#lower(head + 1)))) return undefined
      return end
    }
    return undefined
  }

  /** Index behind the last head of an unbroken series, and behind what `of` and `for` add to it. */
  #lastHead(head: number, run: number): number {
    let end = head + 1
    for (let next = head + 1; next < run; next++) {
      const lower = this.#lower(next)
      if (organisationHeads.has(lower)) end = next + 1
      else if (lower === 'of' || lower === 'for' || (lower === 'at' && /courts?/.test(this.#lower(next - 1))))
        end = this.#phraseEnd(next, run)
      else if (lower === '&' || lower === 'and') {
        if (end !== next || !this.#headFollows(next, run)) break
      } else if (end !== next && !this.#headFollows(next, run)) break
      else if (this.#words[next]?.capital !== true) break
      next = Math.max(next, end - 1)
    }
    return end
  }

  /** Whether a head comes within the next two words, with nobody's given name before it. */
  #headFollows(at: number, run: number): boolean {
    for (let next = at + 1; next < Math.min(run, at + 4); next++) {
      if (organisationHeads.has(this.#lower(next))) return true
      if (this.#lexicon.givenNames.has(this.#lower(next))) return false
    }
    return false
  }

  /** Behind the capitals after `of` or `for`: Department for Work and Pensions. */
  #phraseEnd(at: number, run: number): number {
    let end = at
    for (let next = at + 1; next < run; next++) {
      const { capital = false, lower = '' } = this.#words[next] ?? {}
      if (connectors.has(lower) && !capital) continue
      if (!capital) break
      end = next + 1
    }
    return Math.max(end, at)
  }

  /** Whether `and` before a head divides two names, as in Peter Sandhu and Leeds Council. */
  #separates(at: number, from: number): boolean {
    const { lower, capital } = this.#words[at] ?? { lower: '', capital: false }
    if (lower === 'and' || lower === '&') return this.#lexicon.givenNames.has(this.#lower(from)) && at - from > 1
    return !capital && connectors.has(lower) && !/^(?:of|the|upon|on|under|by|le)$/.test(lower)
  }

  #opensOrganisation(at: number): boolean {
    return organisationHeads.has(this.#lower(at)) || this.#words[at + 1]?.capital === true
  }

  /** 12 Orchard Lane; Unit 4 Brook Way; Padiham Road; PO Box 314. */
  #streetAt(at: number): Reading | undefined {
    if (this.#lower(at) === 'po' && this.#lower(at + 1) === 'box' && /^\d/.test(this.#lower(at + 2))) {
      return { type: 'place', from: at, to: at + 3, confidence: sure.formed }
    }
    const numbered = /^\d{1,4}[a-z]?$/i.test(this.#words[at]?.text ?? '')
    const from = numbered ? at + 1 : at
    for (let end = from; end < from + 4 && this.#words[end]?.capital; end++) {
      if (end > at && !this.#joins(end)) return undefined
      if (end === from) continue
      const last = this.#lower(end)
      if (!(numbered ? streetEnds : plainStreets).has(last)) continue
      if (!numbered && this.#isOrdinary(from)) return undefined
      return { type: 'place', from: at, to: end + 1, confidence: numbered ? sure.formed : sure.listed }
    }
    return undefined
  }

  /** A name of two words or more; with `alone`, of one. */
  #personAt(at: number, run: number, alone: boolean): Reading | undefined {
    if (alone) return this.#singleAt(at)
    const { givenNames } = this.#lexicon
    const isGiven = givenNames.has(this.#lower(at))
    if (this.#isOrdinary(at) && !isGiven && !isInitial(this.#words[at])) return undefined
    let known = this.#isName(at) ? 1 : 0
    let to = at + 1
    let names = isInitial(this.#words[at]) ? 0 : 1
    for (; to < run && to < at + longestPerson; to++) {
      const { lower, capital } = this.#words[to] ?? { lower: '', capital: false }
      if (personConnectors.has(lower) && to + 1 < run) continue
      if (
        !capital ||
        connectors.has(lower) ||
        (this.#isOrdinary(to) && !this.#isSurname(to) && !isInitial(this.#words[to]))
      )
        break
      if (this.#isName(to)) known++
      if (!isInitial(this.#words[to])) names++
    }
    if (to - at < 2 || names < 1 || known === 0) return undefined
    if (!isGiven && this.#isPlaceThere(at)) return undefined
    if (this.#isOrdinary(at) && !this.#isSurname(at + 1) && names < 2) return undefined
    return { type: 'person', from: at, to, confidence: isGiven && known > 1 ? sure.named : sure.listed }
  }

  #singleAt(at: number): Reading | undefined {
    const lower = this.#lower(at)
    const greeted = greetings.has(this.#lower(at - 1)) && this.#joins(at)
    const reading = { type: 'person', from: at, to: at + 1 } as const
    if (greeted && !this.#isOrdinary(at)) return { ...reading, confidence: sure.named }
    if (!this.#lexicon.givenNames.has(lower) || this.#isOrdinary(at) || isAcronym(this.#words[at])) return undefined
    return { ...reading, confidence: sure.listed }
  }

  #placeAt(at: number): Reading | undefined {
    const to = this.#longest(at, at + longestPlace, longestPlace, words => this.#lexicon.places.has(words))
    if (to === undefined) return undefined
    const there = this.#isPlaceThere(at)
    if (to === at + 1) {
      const lower = this.#lower(at)
      const ambiguous = this.#isOrdinary(at) || this.#lexicon.givenNames.has(lower)
      if (ambiguous && !there && !this.#isOnItsOwn(at)) return undefined
      if (this.#isOrdinary(at) && this.#words[at]?.gap !== 'near' && this.#words[at]?.gap !== 'comma') return undefined
      if (lower.length < 3) return lower === 'uk' ? { type: 'place', from: at, to, confidence: sure.named } : undefined
    }
    return { type: 'place', from: at, to, confidence: there ? sure.named : sure.listed }
  }

  /** Whether a word before says that a place follows. */
  #isPlaceThere(at: number): boolean {
    return this.#words[at]?.gap === 'near' && placePrepositions.has(this.#lower(at - 1))
  }

  /** Between commas or line ends, as in an address. */
  #isOnItsOwn(at: number): boolean {
    const before = this.#words[at]?.gap
    const after = this.#words[at + 1]?.gap
    return before === 'comma' && after !== 'near'
  }

  /** What is neither known nor an ordinary word, by the word before it. */
  #guessAt(at: number, run: number): Reading | undefined {
    const word = this.#words[at]
    if (word === undefined || word.gap !== 'near' || this.#isOrdinary(at) || isInitial(word)) return undefined
    const to = this.#plainEnd(at, run)
    const before = this.#lower(at - 1)
    const reading = { from: at, to, confidence: sure.inferred }
    if (/^(?:in|from|near)$/.test(before) && !this.#isName(at)) return { ...reading, type: 'place' }
    if (/^(?:at|for|with|by|to|against)$/.test(before) && !this.#isName(at)) {
      return { ...reading, type: to - at > 1 && before !== 'at' ? 'person' : 'organisation' }
    }
    return to - at > 1 && !isAcronym(word) ? { ...reading, type: 'person' } : undefined
  }

  #plainEnd(at: number, run: number): number {
    let to = at + 1
    while (to < run && to < at + 3 && this.#words[to]?.capital && !this.#isOrdinary(to)) to++
    return to
  }

  /** Index behind the longest series of words, from `at` and inside one line, that `test` knows. */
  #longest(at: number, run: number, most: number, test: (words: string) => boolean): number | undefined {
    let found: number | undefined
    let words = ''
    for (let next = at; next < Math.min(run, at + most, this.#words.length); next++) {
      if (next > at && !this.#joins(next)) break
      words = next === at ? this.#lower(next) : `${words} ${this.#lower(next)}`
      if (test(words) && this.#words[next]?.capital) found = next + 1
    }
    return found
  }

  #remember({ from, to }: Reading): void {
    for (let at = from; at < to; at++) {
      const lower = this.#lower(at)
      if (lower.length > 2 && !titles.has(lower)) this.#people.add(lower)
    }
  }

  #entityOf({ type, from, to, confidence }: Reading): Entity | undefined {
    const first = type === 'person' ? this.#behindTitles(from, to) : from
    const start = this.#words[first]?.start ?? 0
    const end = this.#words[to - 1]?.end ?? start
    const text = this.#text.slice(start, end)
    return entityAt(type, start, text, usualForm(text), confidence)
  }

  #behindTitles(from: number, to: number): number {
    let first = from
    while (first < to - 1 && (titles.has(this.#lower(first)) || /^(?:and|&)$/.test(this.#lower(first)))) first++
    return first
  }

  #isName(at: number): boolean {
    return this.#lexicon.givenNames.has(this.#lower(at)) || this.#isSurname(at)
  }

  #isSurname(at: number): boolean {
    const { surnames } = this.#lexicon
    const lower = this.#lower(at)
    return (
      surnames.has(lower) ||
      (lower.includes('-') && lower.split('-').some(part => surnames.has(part))) ||
      /^(?:o'|mc|mac)\p{L}{3}/u.test(lower)
    )
  }

  #isOrdinary(at: number): boolean {
    return this.#lexicon.common.has(this.#lower(at))
  }

  #lower(at: number): string {
    return this.#words[at]?.lower ?? ''
  }
}

function isInitial(word: Word | undefined): boolean {
  return (
    word?.capital === true &&
    (word.text.length === 1 || /^(?:\p{L}\.)+\p{L}$/u.test(word.text) || /^(?:St|Mr|Mrs|Ms|Dr)$/.test(word.text))
  )
}

function isAcronym(word: Word | undefined): boolean {
  return word !== undefined && /^\p{Lu}{2,6}$/u.test(word.text)
}

/** One line, single spaces; a name in capitals as one usually writes it. */
function usualForm(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ')
  if (line.length < 6 || line !== line.toUpperCase() || !/\p{Lu}{3}/u.test(line)) return line
  return line.toLowerCase().replaceAll(/(?<![\p{L}'’])\p{L}/gu, letter => letter.toUpperCase())
}
