import { decode, encode } from '@ipld/dag-cbor'
import type { Ed25519PrivateKey } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { z } from 'zod'
import { RmaError } from '../../shared/errors.ts'
import { safeParse } from '../../shared/safe-parse.ts'
import { peerIdSchema, requestIdSchema, serviceTypeSchema, timestampSchema } from '../../shared/schema/primitives.ts'
import { importPublicKey, isSignedBy, sign, signatureLength, signedContent } from '../directory/signing.ts'

/** What a requester says of a result: that it came, and how long it took from there. */
export const receiptSchema = z.strictObject({
  requestId: requestIdSchema,
  service: serviceTypeSchema,
  worker: peerIdSchema,
  /** As the requester saw it: from sending the request to the end of the answer. */
  durationMs: z.number().int().min(0).max(86_400_000),
  bytesIn: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
  bytesOut: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
  outcome: z.literal('done'),
  issuedAt: timestampSchema,
})
export type Receipt = z.infer<typeof receiptSchema>

const envelopeSchema = z.tuple([z.instanceof(Uint8Array), z.instanceof(Uint8Array)])

/** Largest receipt with its signature. */
export const largestReceiptBytes = 1_024

const payloadType = Buffer.from('/rma/receipt', 'utf8')

/** Signs a receipt with the requester's peer key, for one network: canonical CBOR of `[payload, signature]`. */
export async function signReceipt(key: Ed25519PrivateKey, receipt: Receipt, networkId: string): Promise<Uint8Array> {
  const payload = encode(receipt)
  return encode([payload, await sign(key, signedContent(domain(networkId), payloadType, payload))])
}

/**
 * Reads a receipt that `signer` has signed.
 *
 * @throws RmaError BAD_INPUT for one that is not in order or that somebody else has signed
 */
export function openReceipt(envelope: Uint8Array, signer: string, networkId: string): Receipt {
  const [payload, signature] = parse(envelopeSchema, envelope)
  const key = importPublicKey(rawKeyOf(signer))
  const content = signedContent(domain(networkId), payloadType, payload)
  if (signature.byteLength !== signatureLength || !isSignedBy(key, content, signature)) {
    throw new RmaError('BAD_INPUT', 'expected a receipt signed by the peer that sends it')
  }
  return parse(receiptSchema, payload)
}

function parse<T>(schema: z.ZodType<T>, bytes: Uint8Array): T {
  if (bytes.byteLength > largestReceiptBytes) {
    throw new RmaError('BAD_INPUT', `expected a receipt of at most ${largestReceiptBytes} bytes`)
  }
  const parsed = safeParse(schema, decoded(bytes))
  if (parsed.success) return parsed.data
  throw new RmaError('BAD_INPUT', 'expected a receipt: canonical CBOR as docs/protocol.md has it')
}

function decoded(bytes: Uint8Array): unknown {
  try {
    return decode(bytes)
  } catch {
    return undefined
  }
}

function rawKeyOf(peerId: string): Uint8Array {
  const { publicKey } = peerIdFromString(peerId)
  if (publicKey?.type !== 'Ed25519') throw new RmaError('BAD_INPUT', 'expected a receipt of a peer with an Ed25519 key')
  return publicKey.raw
}

function domain(networkId: string): string {
  return `rma-receipt:${networkId}`
}
