import type { IncomingMessage } from 'node:http'
import type { Context } from 'hono'
import { z } from 'zod'
import { RmaError } from '../../../shared/errors.ts'
import { safeParse } from '../../../shared/safe-parse.ts'
import {
  approvalSchema,
  memberRolesSchema,
  newInviteSchema,
  policyAnswerSchema,
} from '../../../shared/schema/membership-api.ts'
import { peerIdSchema } from '../../../shared/schema/primitives.ts'
import type { ApiAccess } from '../api-access.ts'
import { parseBody, readSmallBody } from '../read-json.ts'
import type { MembershipAuthority } from './authority.ts'
import type { MembershipOperation } from './membership-routes.ts'

export interface MembershipHandlersComponents {
  access: Pick<ApiAccess, 'admitAnybody' | 'expectOperator'>
  /** Missing where this coordinator does not hold the network's CA key. */
  authority: MembershipAuthority | undefined
  /** Who an invite names to ask: this coordinator's HTTP address first, then multiaddrs. */
  inviteSeeds(): string[]
}

type Handler = (c: Context, incoming: IncomingMessage) => Promise<Response> | Response

/** Answers the routes of `membership-routes.ts`. */
export function membershipHandlers(components: MembershipHandlersComponents): Record<MembershipOperation, Handler> {
  const { access, inviteSeeds } = components
  const forOperator =
    (
      answer: (ca: MembershipAuthority, c: Context, incoming: IncomingMessage) => Promise<Response> | Response,
    ): Handler =>
    (c, incoming) => {
      access.expectOperator(incoming)
      return answer(authorityOf(components), c, incoming)
    }
  return {
    enrol: async (c, incoming) => {
      const done = access.admitAnybody(incoming)
      try {
        const request = parseBody(z.unknown(), await readSmallBody(incoming))
        return c.json(await authorityOf(components).enrol(request), 200, { 'cache-control': 'no-store' })
      } finally {
        done()
      }
    },
    policy: forOperator((ca, c) => c.json({ policy: ca.policy })),
    setPolicy: forOperator(async (ca, c, incoming) => {
      const { policy } = parseBody(policyAnswerSchema, await readSmallBody(incoming))
      ca.setPolicy(policy)
      return c.json({ policy })
    }),
    listInvites: forOperator((ca, c) => c.json({ invites: ca.invites() })),
    createInvite: forOperator(async (ca, c, incoming) => {
      const wanted = parseBody(newInviteSchema, await readSmallBody(incoming))
      return c.json(ca.createInvite(wanted, inviteSeeds()), 201, { 'cache-control': 'no-store' })
    }),
    revokeInvite: forOperator((ca, c) => {
      ca.revokeInvite(c.req.param('id') ?? '')
      return c.body(null, 204)
    }),
    listMembers: forOperator((ca, c) => c.json({ members: ca.members() })),
    setRoles: forOperator(async (ca, c, incoming) => {
      const { roles } = parseBody(memberRolesSchema, await readSmallBody(incoming))
      ca.setRoles(peerOf(c), roles)
      return c.body(null, 204)
    }),
    revokeMember: forOperator(async (ca, c) => {
      await ca.revoke(peerOf(c))
      return c.body(null, 204)
    }),
    reinstateMember: forOperator((ca, c) => {
      ca.reinstate(peerOf(c))
      return c.body(null, 204)
    }),
    listApprovals: forOperator((ca, c) => c.json({ approvals: ca.applications() })),
    approve: forOperator(async (ca, c, incoming) => {
      const { roles } = parseBody(approvalSchema, await readSmallBody(incoming))
      ca.approve(peerOf(c), roles)
      return c.body(null, 204)
    }),
    refuse: forOperator((ca, c) => {
      ca.refuse(peerOf(c))
      return c.body(null, 204)
    }),
  }
}

function authorityOf({ authority }: MembershipHandlersComponents): MembershipAuthority {
  if (authority !== undefined) return authority
  throw new RmaError('NOT_FOUND', 'this coordinator does not hold the CA key of its network: ask another one')
}

function peerOf(c: Context): string {
  const peer = safeParse(peerIdSchema, c.req.param('peer'))
  if (peer.success) return peer.data
  throw new RmaError('BAD_REQUEST', 'peer: expected a peer id', { field: 'peer' })
}
