import { RmaError } from '../shared/errors.ts'

/**
 * The JSON that somebody answers over HTTP, of at most `maxBytes`: `response.json()` would hold whatever comes. Rejects with
 * TOO_LARGE or PROTOCOL; `from` is who that is, for the message.
 */
export async function readJson(
  response: Response,
  { maxBytes, from }: { maxBytes: number; from: string },
): Promise<unknown> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength
    if (size > maxBytes) throw new RmaError('TOO_LARGE', `${from} answered with more than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch (cause) {
    throw new RmaError('PROTOCOL', `expected JSON from ${from}`, {}, { cause })
  }
}
