import type { IncomingMessage } from 'node:http'
import type { z } from 'zod'
import { RmaError } from '../../shared/errors.ts'
import { safeParse } from '../../shared/safe-parse.ts'
import { KiB } from '../../shared/units.ts'

const maxBytes = 64 * KiB

/** Reads a small body whole. Rejects with TOO_LARGE. */
export async function readSmallBody(incoming: IncomingMessage): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of incoming.iterator({ destroyOnReturn: false })) {
    size += chunk.byteLength
    if (size > maxBytes) throw new RmaError('TOO_LARGE', `expected at most ${maxBytes} bytes of JSON`, { maxBytes })
    chunks.push(chunk)
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
