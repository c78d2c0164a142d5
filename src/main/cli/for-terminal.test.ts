import { PassThrough, Readable } from 'node:stream'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { forTerminal, passToTerminal } from './for-terminal.ts'

it('shows a stream as the whole of it would be, wherever it is cut', async () => {
  const text = 'caf\u00e9\r\n\u001b[31m\rred\r\n\ttab'
  const bytes = Buffer.from(text)
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: bytes.length }), async at => {
      const output = new PassThrough()
      const pieces = [bytes.subarray(0, at), bytes.subarray(at)].filter(({ length }) => length > 0)
      await passToTerminal(Readable.from(pieces, { objectMode: false }), output, new AbortController().signal)
      expect(String(output.read())).toBe(forTerminal(text))
    }),
  )
})
