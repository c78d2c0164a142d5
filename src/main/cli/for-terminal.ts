import type { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

/** Text of somebody else's as a terminal may be shown it: lines and tabs stay, no other control character reaches it. Pure. */
export function forTerminal(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .replace(/(?![\n\t])\p{Cc}/gu, character => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`)
}

/** JSON as a terminal may be shown it: what `JSON.stringify` leaves of control characters is written as it writes others. */
export function jsonForTerminal(json: string): string {
  return json.replace(/[\u007f-\u009f]/g, character => `\\u00${character.charCodeAt(0).toString(16)}`)
}

/** Writes a stream of text as it comes, at the reader's pace. */
export async function passToTerminal(
  text: AsyncIterable<Uint8Array>,
  output: Writable,
  signal: AbortSignal,
): Promise<void> {
  const decoder = new TextDecoder()
  await pipeline(
    text,
    async function* (chunks: AsyncIterable<Uint8Array>) {
      let kept = ''
      for await (const chunk of chunks) {
        const text = kept + decoder.decode(chunk, { stream: true })
        // It may be the first half of a line break.
        kept = text.endsWith('\r') ? '\r' : ''
        yield forTerminal(text.slice(0, text.length - kept.length))
      }
      yield forTerminal(kept + decoder.decode())
    },
    output,
    { signal, end: false },
  )
}
