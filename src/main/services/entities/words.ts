/** A word of a text, with what divides it from the one before. */
export interface Word {
  text: string
  lower: string
  start: number
  end: number
  /** Begins with a capital letter. */
  capital: boolean
  /** What lies between the word before and this one, shortened to what matters. */
  gap: Gap
}

/** `near`: spaces or a joining mark; `stop`: an abbreviation's full stop, then spaces; `comma`; `break`: all else. */
export type Gap = 'near' | 'stop' | 'comma' | 'line' | 'break'

const word = /[\p{L}\p{M}\d]+(?:['’.-](?=[\p{L}\d])[\p{L}\p{M}\d]+)*|&/gu

/** Words of a text in order. */
export function* wordsOf(text: string): Generator<Word, void, void> {
  let last = 0
  for (const match of text.matchAll(word)) {
    const [found] = match
    const bare = found.replace(/['’]s$/u, '')
    const start = match.index
    yield {
      text: bare,
      lower: bare.toLowerCase().replaceAll('’', "'"),
      start,
      end: start + bare.length,
      capital: /^\p{Lu}/u.test(bare),
      gap: gapOf(text, last, start),
    }
    last = start + bare.length
  }
}

const longestGap = 6

function gapOf(text: string, from: number, to: number): Gap {
  if (from === 0) return 'break'
  const between = text.slice(from, Math.min(to, from + longestGap + 1)).replace(/^['’]s?/u, '')
  if (/^[ \u00a0]{1,2}$/.test(between)) return 'near'
  if (/^\. {1,2}$/.test(between)) return 'stop'
  if (/^, ?$/.test(between)) return 'comma'
  if (between.includes('\n')) return 'line'
  return 'break'
}
