import type { Lexicon } from './lexicon.ts'
import { companyForms, connectors, placePrepositions } from './name-grammar.ts'
import type { Word } from './words.ts'

/** Most words of one name: it bounds the work at each word, and so the work in all. */
const longestName = 10

/** The words of a text by their places, and what is known of each. Places outside the text have no word. */
export class KnownWords {
  readonly lexicon: Lexicon
  readonly #words: readonly Word[]

  constructor(lexicon: Lexicon, words: readonly Word[]) {
    this.lexicon = lexicon
    this.#words = words
  }

  get length(): number {
    return this.#words.length
  }

  at(at: number): Word | undefined {
    return this.#words[at]
  }

  lower(at: number): string {
    return this.#words[at]?.lower ?? ''
  }

  /** Whether the word belongs to the same line of words as the one before it. */
  joins(at: number): boolean {
    const gap = this.#words[at]?.gap
    return gap === 'near' || (gap === 'stop' && this.isInitial(at - 1))
  }

  isNear(at: number): boolean {
    const gap = this.#words[at]?.gap
    return gap === 'near' || gap === 'stop'
  }

  isOrdinary(at: number): boolean {
    return this.lexicon.common.has(this.lower(at))
  }

  isName(at: number): boolean {
    return this.lexicon.givenNames.has(this.lower(at)) || this.isSurname(at)
  }

  isSurname(at: number): boolean {
    const { surnames } = this.lexicon
    const lower = this.lower(at)
    return (
      surnames.has(lower) ||
      (lower.includes('-') && lower.split('-').some(part => surnames.has(part))) ||
      /^(?:o'|mc|mac)\p{L}{3}/u.test(lower)
    )
  }

  isInitial(at: number): boolean {
    const word = this.#words[at]
    return (
      word?.capital === true &&
      (word.text.length === 1 || /^(?:\p{L}\.)+\p{L}$/u.test(word.text) || /^(?:St|Mr|Mrs|Ms|Dr)$/.test(word.text))
    )
  }

  isAcronym(at: number): boolean {
    const word = this.#words[at]
    return word !== undefined && /^\p{Lu}{2,6}$/u.test(word.text)
  }

  /** Whether a word before says that a place follows. */
  isPlaceThere(at: number): boolean {
    return this.#words[at]?.gap === 'near' && placePrepositions.has(this.lower(at - 1))
  }

  /** Index behind the run of capitalised words, with small words between them, that begins at `at`. */
  runFrom(at: number): number {
    let end = at + 1
    for (let next = at + 1; next < this.#words.length && next < at + longestName; next++) {
      const word = this.#words[next]
      if (word === undefined || !this.joins(next)) break
      if (word.capital) end = next + 1
      else if (companyForms.has(word.lower)) end = next + 1
      else if (!connectors.has(word.lower)) break
    }
    return end
  }

  /** Index behind the longest series of words, from `at` and inside one line, that `test` knows. */
  longest(at: number, run: number, most: number, test: (words: string) => boolean): number | undefined {
    let found: number | undefined
    let words = ''
    for (let next = at; next < Math.min(run, at + most, this.#words.length); next++) {
      if (next > at && !this.joins(next)) break
      words = next === at ? this.lower(next) : `${words} ${this.lower(next)}`
      if (test(words) && this.#words[next]?.capital) found = next + 1
    }
    return found
  }
}
