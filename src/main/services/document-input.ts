import { z } from 'zod'
import type { EngineInput } from './engine-protocol.ts'
import { RefusedDocument } from './serve-engine.ts'

const documentSchema = z.object({ document: z.base64() })

/** The document's bytes, taken out of JSON `{"document": "<base64>"}` where they came that way. */
export function documentOf({ contentType, bytes }: EngineInput): Uint8Array {
  if (contentType !== 'application/json') return bytes
  try {
    const { document } = documentSchema.parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)))
    return Buffer.from(document, 'base64')
  } catch (cause) {
    throw new RefusedDocument('BAD_INPUT', 'expected JSON of the form {"document": "<base64>"}', {
      cause: String(cause instanceof Error ? cause.name : cause),
    })
  }
}
