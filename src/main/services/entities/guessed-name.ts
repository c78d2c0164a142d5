import { sure } from './entity.ts'
import type { KnownWords } from './known-words.ts'
import type { NameReading } from './name-reading.ts'

/** What is neither known nor an ordinary word, by the word before it. */
export function guessAt(words: KnownWords, at: number, run: number): NameReading | undefined {
  const word = words.at(at)
  if (word === undefined || word.gap !== 'near' || words.isOrdinary(at) || words.isInitial(at)) return undefined
  const to = plainEnd(words, at, run)
  const before = words.lower(at - 1)
  const reading = { from: at, to, confidence: sure.inferred }
  if (/^(?:in|from|near)$/.test(before) && !words.isName(at)) return { ...reading, type: 'place' }
  if (/^(?:at|for|with|by|to|against)$/.test(before) && !words.isName(at)) {
    return { ...reading, type: to - at > 1 && before !== 'at' ? 'person' : 'organisation' }
  }
  return to - at > 1 && !words.isAcronym(at) ? { ...reading, type: 'person' } : undefined
}

function plainEnd(words: KnownWords, at: number, run: number): number {
  let to = at + 1
  while (to < run && to < at + 3 && words.at(to)?.capital && !words.isOrdinary(to)) to++
  return to
}
