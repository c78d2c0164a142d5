import type { Readable } from 'node:stream'

const maxLineLength = 1_000

/** Calls `listener` with each line of text that `stream` brings; of a line without end only the start is kept. */
export function onLines(stream: Readable, listener: (line: string) => void): void {
  let pending = ''
  stream.setEncoding('utf8')
  stream.on('data', (text: string) => {
    const lines = (pending + text).split('\n')
    pending = (lines.pop() ?? '').slice(0, maxLineLength)
    for (const line of lines) listener(line.slice(0, maxLineLength))
  })
}
