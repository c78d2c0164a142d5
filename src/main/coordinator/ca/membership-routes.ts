import { type Context, Hono } from 'hono'
import { z } from 'zod'
import { RmaError } from '../../../shared/errors.ts'
import {
  approvalSchema,
  memberRolesSchema,
  newInviteSchema,
  policyAnswerSchema,
} from '../../../shared/schema/membership-api.ts'
import { peerIdSchema } from '../../../shared/schema/primitives.ts'
import { KiB } from '../../../shared/units.ts'
import type { MembershipAuthority } from './authority.ts'

/** Largest body of each of these requests in bytes. */
const maxBodyBytes = 8 * KiB

export interface MembershipRoutesInit {
  authority: MembershipAuthority
  /** Who an invite names to ask: this coordinator's HTTP address first, then multiaddrs. */
  inviteSeeds: () => string[]
}

/** `POST /api/enrol`, for everybody; its errors are RmaErrors, for the app's own handler to answer. */
export function enrolRoutes({ authority }: Pick<MembershipRoutesInit, 'authority'>): Hono {
  return new Hono().post('/api/enrol', async c => c.json(await authority.enrol(await readJson(c))))
}

/** What the operator does about members. Mount it behind the operator's token: it asks for none itself. */
export function membershipRoutes({ authority, inviteSeeds }: MembershipRoutesInit): Hono {
  return new Hono()
    .get('/api/policy', c => c.json({ policy: authority.policy }))
    .put('/api/policy', async c => {
      const { policy } = await read(c, policyAnswerSchema)
      authority.setPolicy(policy)
      return c.json({ policy })
    })
    .get('/api/invites', c => c.json({ invites: authority.invites() }))
    .post('/api/invites', async c => c.json(authority.createInvite(await read(c, newInviteSchema), inviteSeeds()), 201))
    .delete('/api/invites/:id', c => {
      authority.revokeInvite(c.req.param('id'))
      return c.body(null, 204)
    })
    .get('/api/members', c => c.json({ members: authority.members() }))
    .put('/api/members/:peer/roles', async c => {
      authority.setRoles(peerOf(c), (await read(c, memberRolesSchema)).roles)
      return c.body(null, 204)
    })
    .post('/api/members/:peer/revoke', async c => {
      await authority.revoke(peerOf(c))
      return c.body(null, 204)
    })
    .post('/api/members/:peer/reinstate', c => {
      authority.reinstate(peerOf(c))
      return c.body(null, 204)
    })
    .get('/api/approvals', c => c.json({ approvals: authority.applications() }))
    .post('/api/approvals/:peer/approve', async c => {
      authority.approve(peerOf(c), (await read(c, approvalSchema)).roles)
      return c.body(null, 204)
    })
    .post('/api/approvals/:peer/refuse', c => {
      authority.refuse(peerOf(c))
      return c.body(null, 204)
    })
}

function peerOf(c: Context): string {
  return checked(peerIdSchema, c.req.param('peer'))
}

async function read<T>(c: Context, schema: z.ZodType<T>): Promise<T> {
  return checked(schema, await readJson(c))
}

function checked<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  throw new RmaError('BAD_INPUT', z.prettifyError(parsed.error))
}

/** The body as JSON; nothing sent is an empty object. */
async function readJson(c: Context): Promise<unknown> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of c.req.raw.body ?? []) {
    bytes += chunk.length
    if (bytes > maxBodyBytes) throw new RmaError('TOO_LARGE', `expected at most ${maxBodyBytes} bytes`)
    chunks.push(chunk)
  }
  try {
    return bytes === 0 ? {} : JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch {
    throw new RmaError('BAD_INPUT', 'expected JSON')
  }
}
