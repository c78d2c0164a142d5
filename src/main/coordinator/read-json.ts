import type { IncomingMessage } from 'node:http'
import type { z } from 'zod'
import { RmaError } from '../../shared/errors.ts'
import { safeParse } from '../../shared/safe-parse.ts'
import { KiB, second } from '../../shared/units.ts'

const maxBytes = 64 * KiB
/** Nobody else waits for it: who sends a byte now and then would keep its place for as long as it likes. */
const readWithinMs = 10 * second

/** Reads a small body whole. Rejects with TOO_LARGE, and with DEADLINE after 10 s. */
export async function readSmallBody(incoming: IncomingMessage): Promise<Uint8Array> {
  const late = new RmaError('DEADLINE', `expected the whole body within ${readWithinMs / second} s`)
  const timer = setTimeout(() => incoming.destroy(late), readWithinMs)
  timer.unref()
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    for await (const chunk of incoming.iterator({ destroyOnReturn: false })) {
      size += chunk.byteLength
      if (size > maxBytes) throw new RmaError('TOO_LARGE', `expected at most ${maxBytes} bytes of JSON`, { maxBytes })
      chunks.push(chunk)
    }
  } finally {
    clearTimeout(timer)
  }
  return Buffer.concat(chunks)
}

/** Throws BAD_REQUEST with the field, what it takes and what is wrong. */
export function parseBody<T>(schema: z.ZodType<T>, body: Uint8Array): T {
  const parsed = safeParse(schema, parseJson(body))
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  const field = issue?.path.join('.') || 'body'
  throw new RmaError('BAD_REQUEST', `${field}: ${issue?.message}`, { field })
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch (cause) {
    throw new RmaError(
      'BAD_REQUEST',
      `expected a body of JSON: ${(cause as Error).message}`,
      { field: 'body' },
      { cause },
    )
  }
}
