import { exportJWK, generateKeyPair, type JWK_OKP_Private } from 'jose'
import { z } from 'zod'
import { RmaError } from '../errors.ts'
import { safeParse } from '../safe-parse.ts'
import { decodeBase64url } from './base64url.ts'

/** Raw Ed25519 key of 32 bytes in base64url. */
export const rawKeySchema = z
  .string()
  .regex(/^[A-Za-z0-9_-]{43}$/, 'expected an Ed25519 key: 43 characters of base64url')
  .refine(text => decodeBase64url(text)?.length === 32, 'expected an Ed25519 key in base64url')

/** The private key of a network's CA: whoever holds it admits members. */
export interface CaKey {
  /** Ed25519, base64url: the half that invites and settings carry. */
  readonly publicKey: string
  readonly privateJwk: JWK_OKP_Private
}

const caJwkSchema = z.strictObject({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  x: rawKeySchema,
  d: rawKeySchema,
})

export async function generateCaKey(): Promise<CaKey> {
  const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true })
  return readCaKey(await exportJWK(privateKey))
}

/** Reads a private key as JWK. Throws CA_UNUSABLE. */
export function readCaKey(jwk: unknown): CaKey {
  const parsed = safeParse(caJwkSchema, jwk)
  if (!parsed.success) throw new RmaError('CA_UNUSABLE', `expected an Ed25519 private key: ${parsed.error.message}`)
  const { kty, crv, x, d } = parsed.data
  // Frozen, jose imports it only once.
  return { publicKey: x, privateJwk: Object.freeze({ kty, crv, x, d }) }
}
