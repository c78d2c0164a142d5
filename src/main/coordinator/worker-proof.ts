import { createHash } from 'node:crypto'
import { z } from 'zod'
import { RmaError } from '../../shared/errors.ts'
import { readToken, type TokenKind } from '../../shared/membership/ca-token.ts'
import { isSignedByPeer, sealPeerToken, type TokenSigner } from '../../shared/membership/peer-token.ts'
import { type PeerIdText, peerIdSchema, timestampSchema } from '../../shared/schema/primitives.ts'
import { type Milliseconds, minute } from '../../shared/units.ts'

/** The header that carries the proof. */
export const proofHeader = 'x-rma-proof'
/** How far the worker's clock may be from the coordinator's. */
const maxSkewMs = 2 * minute

const claimsSchema = z.strictObject({
  iss: peerIdSchema,
  net: z.string().max(64),
  /** Path of the request. */
  path: z.string().max(128),
  /** SHA-256 of the body, base64url. */
  body: z.string().length(43),
  /** Milliseconds since the Unix epoch, and later in each request of a worker than in the one before. */
  at: timestampSchema,
})

const proof: TokenKind<z.infer<typeof claimsSchema>> = {
  type: 'rma-worker-proof+jws',
  maxLength: 1_024,
  schema: claimsSchema,
  malformed: 'PROOF_REFUSED',
}

export interface ProvenRequest {
  networkId: string
  path: string
  body: Uint8Array
}

/** Signs a request with the worker's key. `at` has to be later than that of the request before. */
export function sealProof(request: ProvenRequest & { at: Milliseconds }, signer: TokenSigner): Promise<string> {
  const { networkId, path, body, at } = request
  return sealPeerToken(proof.type, { iss: signer.peerId, net: networkId, path, body: digest(body), at }, signer)
}

/** Who sent the request, and when. Rejects with PROOF_REFUSED. */
export async function openProof(
  text: string | undefined,
  { networkId, path, body }: ProvenRequest,
  now: Milliseconds,
): Promise<{ peerId: PeerIdText; at: Milliseconds }> {
  if (text === undefined) throw refused(`expected the header ${proofHeader}`)
  const { iss, net, path: forPath, body: hash, at } = readToken(proof, text)
  if (net !== networkId || forPath !== path || hash !== digest(body)) throw refused('it was made for another request')
  if (Math.abs(at - now) > maxSkewMs)
    throw refused(`it is dated ${Math.abs(at - now)} ms off the coordinator's clock`, { now })
  if (!(await isSignedByPeer(text, iss))) throw refused(`it is not signed by ${iss}`)
  return { peerId: iss, at }
}

function digest(body: Uint8Array): string {
  return createHash('sha256').update(body).digest('base64url')
}

function refused(why: string, details: Record<string, unknown> = {}): RmaError {
  return new RmaError('PROOF_REFUSED', `expected a request signed by the worker's key: ${why}`, details)
}
