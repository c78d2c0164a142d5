import { z } from 'zod'
import { type ErrorCode, RmaError } from '../errors.ts'
import { peerIdSchema, requestIdSchema, serviceTypeSchema } from '../schema/primitives.ts'
import { type Milliseconds, minute, second } from '../units.ts'
import { randomToken, readToken, type TokenKind } from './ca-token.ts'
import { isSignedByPeer, sealPeerToken, type TokenSigner } from './peer-token.ts'

/** How long a ticket counts: enough to open a connection and send the request's head. */
export const ticketLifeMs = 1 * minute
/** How far ahead of the reader's clock a ticket may be dated. */
const maxSkewMs = 60 * second

const claimsSchema = z.strictObject({
  /** The coordinator that vouches for the request. */
  iss: peerIdSchema,
  /** The network's id. */
  net: z.string().max(64),
  /** The worker it is for; to others it means nothing. */
  aud: peerIdSchema,
  svc: serviceTypeSchema,
  /** Seconds since the Unix epoch, as JWTs have them. */
  iat: z.number().int().min(0),
  exp: z.number().int().min(0),
  /** Once per ticket; what the worker remembers to take it only once. */
  jti: requestIdSchema,
})

const ticket: TokenKind<z.infer<typeof claimsSchema>> = {
  type: 'rma-ticket+jws',
  maxLength: 1_024,
  schema: claimsSchema,
  malformed: 'TICKET_MALFORMED',
}

export interface TicketDraft {
  networkId: string
  worker: string
  service: string
  now: Milliseconds
}

/** A coordinator's leave to send one request for `service` straight to `worker`. */
export async function sealTicket(
  { networkId, worker, service, now }: TicketDraft,
  signer: TokenSigner,
): Promise<{ ticket: string; expiresAt: Milliseconds }> {
  const iat = Math.floor(now / second)
  const exp = iat + ticketLifeMs / second
  const claims = { iss: signer.peerId, net: networkId, aud: worker, svc: service, iat, exp, jti: randomToken() }
  return { ticket: await sealPeerToken(ticket.type, claims, signer), expiresAt: exp * second }
}

export interface TicketReader {
  networkId: string
  worker: string
  service: string
  now: Milliseconds
  /** Whether the node is a coordinator whose tickets count here. */
  isCoordinator(peerId: string): boolean | Promise<boolean>
}

/** A ticket that counts. */
export interface OpenedTicket {
  coordinator: string
  id: string
  expiresAt: Milliseconds
}

/** Who vouches for a request. Rejects with a code that begins with TICKET_, another for each thing that may be wrong. */
export async function openTicket(text: string, reader: TicketReader): Promise<OpenedTicket> {
  const { iss, net, aud, svc, iat, exp, jti } = readToken(ticket, text)
  if (net !== reader.networkId) throw refused('TICKET_WRONG_NETWORK', `it is for the network ${net}`)
  if (aud !== reader.worker) throw refused('TICKET_FOREIGN', `it is for the worker ${aud}`)
  if (svc !== reader.service) throw refused('TICKET_FOREIGN', `it is for the service ${svc}`)
  if (iat * second > reader.now + maxSkewMs) throw refused('TICKET_NOT_YET_VALID', 'it is dated in the future')
  if (exp * second - iat * second > ticketLifeMs) throw refused('TICKET_MALFORMED', 'it was made to count for too long')
  if (exp * second <= reader.now) throw refused('TICKET_EXPIRED', 'it has expired')
  if (!(await isSignedByPeer(text, iss))) throw refused('TICKET_FORGED', `it is not signed by ${iss}`)
  if (!(await reader.isCoordinator(iss)))
    throw refused('TICKET_ISSUER', `${iss} is not known as a coordinator of this network`)
  return { coordinator: iss, id: jti, expiresAt: exp * second }
}

function refused(code: ErrorCode, why: string): RmaError {
  return new RmaError(code, `expected a ticket for this request from a coordinator: ${why}`)
}
