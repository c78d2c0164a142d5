import { CompactSign, compactVerify, errors } from 'jose'
import { fromString } from 'uint8arrays/from-string'
import { toString as toText } from 'uint8arrays/to-string'
import type { z } from 'zod'
import { type ErrorCode, RmaError } from '../errors.ts'
import { safeParse } from '../safe-parse.ts'
import { decodeBase64url, encodeBase64url } from './base64url.ts'
import type { CaKey } from './ca-key.ts'

/** One kind of thing that the CA signs, as a compact JWS. */
export interface TokenKind<T> {
  /** `typ` of the header: a token of one kind is never taken for another. */
  type: string
  maxLength: number
  schema: z.ZodType<T>
  /** Code of whatever is not such a token at all. */
  malformed: ErrorCode
}

const algorithm = 'EdDSA'

/** Throws TOO_LARGE where the token would be longer than its readers allow. */
export async function signToken<T>({ type, maxLength }: TokenKind<T>, payload: T, key: CaKey): Promise<string> {
  const content = fromString(JSON.stringify(payload), 'utf8')
  const token = await new CompactSign(content).setProtectedHeader({ alg: algorithm, typ: type }).sign(key.privateJwk)
  if (token.length <= maxLength) return token
  throw new RmaError('TOO_LARGE', `expected a token of at most ${maxLength} characters, got one of ${token.length}`)
}

/** What the token says, signed or not. Throws the kind's code where it is none, or is not written in the one way. */
export function readToken<T>({ type, maxLength, schema, malformed }: TokenKind<T>, token: string): T {
  if (token.length > maxLength)
    throw new RmaError(malformed, `expected at most ${maxLength} characters, got ${token.length}`)
  const parts = token.split('.')
  const [header, payload, signature] = parts.map(decodeBase64url)
  if (parts.length !== 3 || header === undefined || payload === undefined || signature?.length !== 64)
    throw new RmaError(malformed, 'expected a compact JWS: three parts in base64url')
  if (toText(header, 'utf8') !== JSON.stringify({ alg: algorithm, typ: type }))
    throw new RmaError(malformed, `expected the header of a token of type ${type}, signed with ${algorithm}`)
  const parsed = safeParse(schema, parseJson(payload))
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw new RmaError(malformed, `${issue?.path.join('.') || type}: ${issue?.message}`)
}

/** Whether `publicKey` (Ed25519, base64url) signed the token. */
export async function isTokenSignedBy(token: string, publicKey: string): Promise<boolean> {
  try {
    await compactVerify(token, { kty: 'OKP', crv: 'Ed25519', x: publicKey }, { algorithms: [algorithm] })
    return true
  } catch (error) {
    if (error instanceof errors.JWSSignatureVerificationFailed) return false
    throw error
  }
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(toText(bytes, 'utf8'))
  } catch {
    return undefined
  }
}

/** 128 random bits in base64url, for ids and nonces. */
export function randomToken(): string {
  return encodeBase64url(crypto.getRandomValues(new Uint8Array(16)))
}
