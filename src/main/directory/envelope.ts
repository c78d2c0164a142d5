import type { Ed25519PrivateKey } from '@libp2p/interface'
import { refused } from './refusal.ts'
import { encodeVarint, publicKeyLength, sign, signatureLength, signedContent } from './signing.ts'

/**
 * The parts of a libp2p signed envelope, as they lie in its bytes. Nothing here has been verified.
 * Format: libp2p RFC 0002, a protobuf message; kept byte for byte compatible with @libp2p/peer-record's RecordEnvelope.
 */
export interface Envelope {
  /** Raw Ed25519 key of the signer, 32 bytes. */
  publicKey: Uint8Array
  payload: Uint8Array
  signature: Uint8Array
}

/** Field 1 (public key, 36 bytes) holding a protobuf key message: type 1 (Ed25519), data of 32 bytes. */
const keyHeader = Uint8Array.of(0x0a, 0x24, 0x08, 0x01, 0x12, 0x20)
/** Field 5, 64 bytes. */
const signatureHeader = Uint8Array.of(0x2a, signatureLength)
const payloadTag = 0x1a
const payloadTypeTag = 0x12

function typeHeader(payloadType: Uint8Array): Uint8Array {
  return Uint8Array.of(payloadTypeTag, payloadType.length, ...payloadType)
}

/** How many bytes an envelope has with a payload of so many. */
export function envelopeLength(payloadType: Uint8Array, payloadLength: number): number {
  const key = keyHeader.length + publicKeyLength
  const payload = 1 + encodeVarint(payloadLength).length + payloadLength
  return key + typeHeader(payloadType).length + payload + signatureHeader.length + signatureLength
}

/** Signs `payload` for `domain` and puts it into an envelope. `payloadType` is shorter than 128 bytes. */
export async function sealEnvelope(
  privateKey: Ed25519PrivateKey,
  domain: string,
  payloadType: Uint8Array,
  payload: Uint8Array,
): Promise<Uint8Array> {
  const signature = await sign(privateKey, signedContent(domain, payloadType, payload))
  return new Uint8Array(
    Buffer.concat([
      keyHeader,
      privateKey.publicKey.raw,
      typeHeader(payloadType),
      Uint8Array.of(payloadTag),
      encodeVarint(payload.length),
      payload,
      signatureHeader,
      signature,
    ]),
  )
}

/**
 * Takes an envelope apart without copying. The layout leaves no choice: an Ed25519 key, this payload type, the fields
 * in order, lengths in their shortest form, and nothing else, so no two byte strings mean the same envelope.
 * Throws RECORD_REFUSED (malformed, foreign-key, not-canonical).
 */
export function readEnvelope(bytes: Uint8Array, payloadType: Uint8Array): Envelope {
  const typeAt = keyHeader.length + publicKeyLength
  if (!startsWith(bytes, keyHeader, 0)) throw refused('malformed', 'expected a signed envelope of an Ed25519 key')
  const header = typeHeader(payloadType)
  if (!startsWith(bytes, header, typeAt)) throw refused('malformed', 'expected an envelope with a worker record in it')
  const tagAt = typeAt + header.length
  if (bytes[tagAt] !== payloadTag) throw refused('malformed', 'expected the payload after its type')
  const { value: payloadLength, end: payloadAt } = readVarint(bytes, tagAt + 1)
  const signatureAt = payloadAt + payloadLength
  if (!startsWith(bytes, signatureHeader, signatureAt))
    throw refused('malformed', `expected a signature after ${payloadLength} bytes of payload`)
  const end = signatureAt + signatureHeader.length + signatureLength
  if (bytes.length !== end) throw refused('malformed', `expected an envelope of ${end} bytes, got ${bytes.length}`)
  return {
    publicKey: bytes.subarray(keyHeader.length, typeAt),
    payload: bytes.subarray(payloadAt, signatureAt),
    signature: bytes.subarray(signatureAt + signatureHeader.length),
  }
}

function startsWith(bytes: Uint8Array, part: Uint8Array, at: number): boolean {
  return part.every((byte, index) => bytes[at + index] === byte)
}

/** At most 3 bytes: lengths up to 2 MiB, far more than an envelope may have. */
function readVarint(bytes: Uint8Array, at: number): { value: number; end: number } {
  let value = 0
  for (let index = 0; index < 3; index++) {
    const byte = bytes[at + index]
    if (byte === undefined) break
    value |= (byte & 0x7f) << (7 * index)
    if (byte < 0x80) {
      if (index > 0 && byte === 0) throw refused('not-canonical', 'expected a length in its shortest form')
      return { value, end: at + index + 1 }
    }
  }
  throw refused('malformed', 'expected the length of the payload')
}
