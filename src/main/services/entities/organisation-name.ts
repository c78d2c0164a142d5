import { sure } from './entity.ts'
import type { KnownWords } from './known-words.ts'
import { connectors, openers, organisationHeads, organisationPrefixes, unmaking, weakHeads } from './name-grammar.ts'
import type { NameReading } from './name-reading.ts'

const longestKnown = 5

/** Leeds Council; Department for Work and Pensions; an organisation that is listed. */
export function organisationAt(words: KnownWords, at: number, run: number): NameReading | undefined {
  const known = words.longest(at, run, longestKnown, name => words.lexicon.organisations.has(name))
  const head = headIn(words, at, run)
  if (head !== undefined) return { type: 'organisation', from: at, to: head, confidence: sure.named }
  if (known === undefined) return undefined
  const isOrdinary = known === at + 1 && (words.isOrdinary(at) || words.isName(at)) && !words.isAcronym(at)
  return isOrdinary && !isAmidSentence(words, at)
    ? undefined
    : { type: 'organisation', from: at, to: known, confidence: sure.listed }
}

/** After a word in lower case, where a capital is no accident. */
function isAmidSentence(words: KnownWords, at: number): boolean {
  return words.at(at)?.gap === 'near' && words.at(at - 1)?.capital === false
}

/** Index behind the organisation that begins at `at` and is made one by a head. */
function headIn(words: KnownWords, at: number, run: number): number | undefined {
  const first = words.lower(at)
  if (openers.has(first)) return undefined
  const from = first === 'the' ? at + 1 : at
  if (words.isOrdinary(from) && !opensOrganisation(words, from)) return undefined
  for (let head = from; head < run; head++) {
    const lower = words.lower(head)
    if (head > from && separates(words, head, from)) return undefined
    if (!organisationHeads.has(lower) && !(head === from && organisationPrefixes.has(lower) && head + 1 < run)) continue
    if (unmaking.has(words.lower(head + 1)) && words.joins(head + 1)) return undefined
    if (lower === 'insurance' && words.lower(head - 1) === 'national') return undefined
    if (organisationPrefixes.has(lower)) {
      const later = lastHead(words, head, run)
      return later === head + 1 ? Math.min(run, head + 2) : later
    }
    const end = lastHead(words, head, run)
    const named = end > head + 1 || head > from
    if (!named || (head === from && weakHeads.has(lower) && !connectors.has(words.lower(head + 1)))) return undefined
    return end
  }
  return undefined
}

/** Index behind the last head of an unbroken series, and behind what `of` and `for` add to it. */
function lastHead(words: KnownWords, head: number, run: number): number {
  let end = head + 1
  for (let next = head + 1; next < run; next++) {
    const lower = words.lower(next)
    if (organisationHeads.has(lower)) end = next + 1
    else if (lower === 'of' || lower === 'for' || (lower === 'at' && /courts?/.test(words.lower(next - 1))))
      end = phraseEnd(words, next, run)
    else if (lower === '&' || lower === 'and') {
      if (end !== next || !headFollows(words, next, run)) break
    } else if (end !== next && !headFollows(words, next, run)) break
    else if (words.at(next)?.capital !== true) break
    next = Math.max(next, end - 1)
  }
  return end
}

/** Whether a head comes within the next two words, with nobody's given name before it. */
function headFollows(words: KnownWords, at: number, run: number): boolean {
  for (let next = at + 1; next < Math.min(run, at + 4); next++) {
    if (organisationHeads.has(words.lower(next))) return true
    if (words.lexicon.givenNames.has(words.lower(next))) return false
  }
  return false
}

/** Behind the capitals after `of` or `for`: Department for Work and Pensions. */
function phraseEnd(words: KnownWords, at: number, run: number): number {
  let end = at
  for (let next = at + 1; next < run; next++) {
    const { capital = false, lower = '' } = words.at(next) ?? {}
    if (connectors.has(lower) && !capital) continue
    if (!capital) break
    end = next + 1
  }
  return Math.max(end, at)
}

/** Whether `and` before a head divides two names, as in Peter Sandhu and Leeds Council. */
function separates(words: KnownWords, at: number, from: number): boolean {
  const { lower, capital } = words.at(at) ?? { lower: '', capital: false }
  if (lower === 'and' || lower === '&') return words.lexicon.givenNames.has(words.lower(from)) && at - from > 1
  return !capital && connectors.has(lower) && !/^(?:of|the|upon|on|under|by|le)$/.test(lower)
}

function opensOrganisation(words: KnownWords, at: number): boolean {
  return organisationHeads.has(words.lower(at)) || words.at(at + 1)?.capital === true
}
