import { PassThrough } from 'node:stream'
import { finished } from 'node:stream/promises'
import { expect, it } from 'vitest'
import { onLines } from './error-lines.ts'

it('hands over whole lines, however they are cut, and the start of those that are too long', async () => {
  const stream = new PassThrough()
  const lines: string[] = []
  onLines(stream, line => lines.push(line))
  for (const piece of ['fir', 'st\nsecond\n', 'x'.repeat(700), 'y'.repeat(700), 'z'.repeat(700), '\nlast\nnever ended'])
    stream.write(piece)
  stream.end()
  await finished(stream)
  expect(lines).toEqual(['first', 'second', 'x'.repeat(700) + 'y'.repeat(300), 'last'])
})
