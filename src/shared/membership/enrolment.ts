import { z } from 'zod'
import { RmaError } from '../errors.ts'
import { networkNameSchema, peerIdSchema, peerTextSchema, timestampSchema } from '../schema/primitives.ts'
import { type Milliseconds, minute } from '../units.ts'
import { encodeBase64url } from './base64url.ts'
import { rawKeySchema } from './ca-key.ts'
import { maxCertificateLength, rolesSchema } from './certificate.ts'
import { isSignatureOfPeer, publicKeyOfPeerId } from './peer-key.ts'
import { maxRevocationsLength } from './revocations.ts'
import { maxVpnLeaseLength } from './vpn-lease.ts'

/** How far the time of a request may be from the coordinator's. */
export const enrolmentWindowMs = 5 * minute

/** The secret of an invite: 80 random bits in Crockford's base32, without what looks alike. */
export const inviteCodeSchema = z.string().regex(/^[0-9A-HJKMNP-TV-Z]{16}$/, 'expected a code of 16 letters and digits')

const networkIdSchema = z.string().regex(/^[0-9a-f]{16}$/)

/** A peer asks to become a member, or to remain one. Signed with its key, so nobody can ask for another. */
export const enrolRequestSchema = z.strictObject({
  peer_id: peerIdSchema.refine(text => publicKeyOfPeerId(text) !== undefined, 'expected the peer id of an Ed25519 key'),
  network_id: networkIdSchema,
  issued_at: timestampSchema,
  /** 128 random bits in base64url: a request is taken once. */
  nonce: z.string().regex(/^[A-Za-z0-9_-]{22}$/),
  /** Of an invite. */
  code: inviteCodeSchema.optional(),
  /** The certificate to renew. */
  certificate: z.string().max(maxCertificateLength).optional(),
  /** What the operator sees where somebody has to approve. */
  label: peerTextSchema(64).optional(),
  /** X25519, base64url: asks for a place in the VPN. */
  vpn_key: rawKeySchema.optional(),
  signature: z.string().regex(/^[A-Za-z0-9_-]{86}$/),
})
export type EnrolRequest = z.infer<typeof enrolRequestSchema>

export const enrolAnswerSchema = z.discriminatedUnion('status', [
  z.object({
    status: z.literal('member'),
    certificate: z.string().max(maxCertificateLength),
    roles: rolesSchema,
    /** Milliseconds since the Unix epoch, as all times here. */
    expires_at: timestampSchema,
    /** What has been taken back, where anything has. */
    revocations: z.string().max(maxRevocationsLength).optional(),
    /** A signed lease of the VPN, where one was asked for. */
    vpn: z.string().max(maxVpnLeaseLength).optional(),
    network: z.object({ name: networkNameSchema, id: networkIdSchema, ca_public_key: rawKeySchema }),
  }),
  z.object({
    /** The operator has yet to approve: ask again later. */
    status: z.literal('pending'),
    retry_after_seconds: z.number().int().min(1).max(86_400),
  }),
])
export type EnrolAnswer = z.infer<typeof enrolAnswerSchema>

/** What a peer signs; the network's id in it keeps a request from meaning anything elsewhere. */
function contentOf({ signature: _, ...request }: EnrolRequest | UnsignedRequest): Uint8Array<ArrayBuffer> {
  const { network_id, peer_id, issued_at, nonce, code, certificate, label, vpn_key } = request
  const fields = [peer_id, issued_at, nonce, code ?? null, certificate ?? null, label ?? null, vpn_key ?? null]
  return new TextEncoder().encode(`rma/${network_id}/enrol ${JSON.stringify(fields)}`)
}

type UnsignedRequest = Omit<EnrolRequest, 'signature'> & { signature?: undefined }

export interface RequestDraft {
  peerId: string
  networkId: string
  now: Milliseconds
  nonce: string
  code?: string | undefined
  certificate?: string | undefined
  label?: string | undefined
  vpnKey?: string | undefined
}

/** Makes a request that proves possession of the peer's key. */
export async function signEnrolRequest(
  { peerId, networkId, now, nonce, code, certificate, label, vpnKey }: RequestDraft,
  sign: (content: Uint8Array) => Uint8Array | Promise<Uint8Array>,
): Promise<EnrolRequest> {
  const request = {
    peer_id: peerId,
    network_id: networkId,
    issued_at: now,
    nonce,
    ...(code === undefined ? {} : { code }),
    ...(certificate === undefined ? {} : { certificate }),
    ...(label === undefined ? {} : { label }),
    ...(vpnKey === undefined ? {} : { vpn_key: vpnKey }),
  }
  return { ...request, signature: encodeBase64url(await sign(contentOf(request))) }
}

/** Throws MEMBERSHIP_WRONG_NETWORK, ENROLMENT_STALE (details.now) or MEMBERSHIP_FORGED (not signed by that peer's key). */
export async function verifyEnrolRequest(
  request: EnrolRequest,
  { networkId, now }: { networkId: string; now: Milliseconds },
): Promise<void> {
  if (request.network_id !== networkId)
    throw new RmaError(
      'MEMBERSHIP_WRONG_NETWORK',
      `expected a request for network ${networkId}, got ${request.network_id}`,
    )
  if (!(await isSignatureOfPeer(request.peer_id, contentOf(request), request.signature)))
    throw new RmaError('MEMBERSHIP_FORGED', `the request is not signed by the key of ${request.peer_id}`)
  if (Math.abs(request.issued_at - now) > enrolmentWindowMs)
    throw new RmaError('ENROLMENT_STALE', 'the request is dated more than 5 minutes from this clock', { now })
}
