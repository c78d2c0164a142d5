import { type Entity, entityAt, sure } from './entity.ts'
import { guessAt } from './guessed-name.ts'
import { KnownWords } from './known-words.ts'
import type { Lexicon } from './lexicon.ts'
import { titles } from './name-grammar.ts'
import type { NameReading } from './name-reading.ts'
import { organisationAt } from './organisation-name.ts'
import { personAt, singleNameAt, titledAt } from './person-name.ts'
import { placeAt, streetAt } from './place-name.ts'
import { type Word, wordsOf } from './words.ts'

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
    return new NameReader(text, new KnownWords(this.#lexicon, clearOf(taken, wordsOf(text)))).read()
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

/** Reads one text from its first word to its last, each word in the first way that fits. */
class NameReader {
  readonly #text: string
  readonly #words: KnownWords
  readonly #people = new Set<string>()

  constructor(text: string, words: KnownWords) {
    this.#text = text
    this.#words = words
  }

  read(): Entity[] {
    const found: NameReading[] = []
    const unread: number[] = []
    for (let at = 0; at < this.#words.length; ) {
      const reading = this.#readAt(at)
      if (reading) {
        found.push(reading)
        if (reading.type === 'person') this.#remember(reading)
      } else if (this.#words.at(at)?.capital) {
        unread.push(at)
      }
      at = reading?.to ?? at + 1
    }
    const namedElsewhere = unread
      .filter(at => this.#people.has(this.#words.lower(at)) && !this.#words.isOrdinary(at))
      .map(at => ({ type: 'person', from: at, to: at + 1, confidence: sure.listed }) as const)
    return [...found, ...namedElsewhere]
      .flatMap(reading => this.#entityOf(reading) ?? [])
      .sort((a, b) => a.start - b.start)
  }

  #readAt(at: number): NameReading | undefined {
    const word = this.#words.at(at)
    if (word === undefined) return undefined
    if (/^\d/.test(word.text)) return streetAt(this.#words, at)
    if (!word.capital) return undefined
    const run = this.#words.runFrom(at)
    return (
      titledAt(this.#words, at) ??
      organisationAt(this.#words, at, run) ??
      streetAt(this.#words, at) ??
      personAt(this.#words, at, run) ??
      placeAt(this.#words, at) ??
      singleNameAt(this.#words, at) ??
      guessAt(this.#words, at, run)
    )
  }

  #remember({ from, to }: NameReading): void {
    for (let at = from; at < to; at++) {
      const lower = this.#words.lower(at)
      if (lower.length > 2 && !titles.has(lower)) this.#people.add(lower)
    }
  }

  #entityOf({ type, from, to, confidence }: NameReading): Entity | undefined {
    const first = type === 'person' ? this.#behindTitles(from, to) : from
    const start = this.#words.at(first)?.start ?? 0
    const end = this.#words.at(to - 1)?.end ?? start
    const text = this.#text.slice(start, end)
    return entityAt(type, start, text, usualForm(text), confidence)
  }

  #behindTitles(from: number, to: number): number {
    let first = from
    while (first < to - 1 && (titles.has(this.#words.lower(first)) || /^(?:and|&)$/.test(this.#words.lower(first))))
      first++
    return first
  }
}

/** One line, single spaces; a name in capitals as one usually writes it. */
function usualForm(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ')
  if (line.length < 6 || line !== line.toUpperCase() || !/\p{Lu}{3}/u.test(line)) return line
  return line.toLowerCase().replaceAll(/(?<![\p{L}'’])\p{L}/gu, letter => letter.toUpperCase())
}
