import { Hono } from 'hono'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { toRmaError } from '../../../shared/errors.ts'
import { enrolAnswerSchema } from '../../../shared/membership/enrolment.ts'
import { parseInvite } from '../../../shared/membership/invite.ts'
import {
  applicationsSchema,
  createdInviteSchema,
  invitesSchema,
  membersSchema,
} from '../../../shared/schema/membership-api.ts'
import { TurnedClock } from '../../clock.ts'
import { enrolRoutes, membershipRoutes } from './membership-routes.ts'
import { startAuthority, type TestAuthority, TestPeer } from './test-authority.ts'

const clock = new TurnedClock()
let ca: TestAuthority
let app: Hono

beforeEach(async () => {
  ca = await startAuthority(clock)
  const { authority } = ca
  app = new Hono()
  app.route('/', enrolRoutes({ authority }))
  app.route('/', membershipRoutes({ authority, inviteSeeds: () => ['https://coordinator.example.org'] }))
  app.onError((thrown, c) => {
    const error = toRmaError(thrown)
    return c.json(error.toBody(), error.status as 500)
  })
})
afterEach(() => ca.stop())

async function ask(method: string, path: string, body?: unknown): Promise<{ status: number; json: unknown }> {
  const sent = body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }
  const response = await app.request(path, { method, ...sent })
  const text = await response.text()
  return { status: response.status, json: text === '' ? undefined : JSON.parse(text) }
}

it('makes an invite, lets somebody in with it, and shows both', async () => {
  const created = await ask('POST', '/api/invites', { roles: ['donor'], uses: 2, note: 'for the library' })
  expect(created.status).toBe(201)
  const { invite, id } = createdInviteSchema.parse(created.json)
  const { code, seeds } = parseInvite(invite)
  expect(seeds).toEqual(['https://coordinator.example.org'])
  const peer = await TestPeer.make()
  const enrolled = await ask('POST', '/api/enrol', await peer.request(ca.authority, clock.now(), { code }))
  expect(enrolAnswerSchema.parse(enrolled.json)).toMatchObject({ status: 'member', roles: ['donor'] })
  expect(invitesSchema.parse((await ask('GET', '/api/invites')).json).invites).toMatchObject([{ id, used: 1 }])
  await ask('PUT', `/api/members/${peer.peerId}/roles`, { roles: ['donor', 'trusted'] })
  expect((await ask('POST', `/api/members/${peer.peerId}/revoke`)).status).toBe(204)
  expect(membersSchema.parse((await ask('GET', '/api/members')).json).members).toMatchObject([
    { peer_id: peer.peerId, state: 'revoked', via: id, roles: ['donor', 'trusted'] },
  ])
  await ask('POST', `/api/members/${peer.peerId}/reinstate`)
  expect((await ask('DELETE', `/api/invites/${id}`)).status).toBe(204)
  const other = await TestPeer.make()
  const late = await ask('POST', '/api/enrol', await other.request(ca.authority, clock.now(), { code }))
  expect(late).toMatchObject({ status: 403, json: { error: { code: 'INVITE_REVOKED' } } })
})

it('has whoever waits approved or refused', async () => {
  expect(await ask('PUT', '/api/policy', { policy: 'approval' })).toEqual({ status: 200, json: { policy: 'approval' } })
  expect((await ask('GET', '/api/policy')).json).toEqual({ policy: 'approval' })
  const peers = [await TestPeer.make(), await TestPeer.make()]
  for (const peer of peers) await ask('POST', '/api/enrol', await peer.request(ca.authority, clock.now()))
  const { approvals } = applicationsSchema.parse((await ask('GET', '/api/approvals')).json)
  expect(approvals.map(({ state }) => state)).toEqual(['pending', 'pending'])
  expect((await ask('POST', `/api/approvals/${peers[0]?.peerId}/approve`)).status).toBe(204)
  expect((await ask('POST', `/api/approvals/${peers[1]?.peerId}/refuse`)).status).toBe(204)
  expect(ca.authority.members()).toHaveLength(1)
})

it('refuses what it cannot use, with a code', async () => {
  const cases: [string, string, unknown, string][] = [
    ['POST', '/api/enrol', 'no json', 'BAD_INPUT'],
    ['POST', '/api/enrol', undefined, 'BAD_INPUT'],
    ['POST', '/api/enrol', 'x'.repeat(10_000), 'TOO_LARGE'],
    ['POST', '/api/invites', { uses: 0 }, 'BAD_INPUT'],
    ['POST', '/api/invites', { roles: ['king'] }, 'BAD_INPUT'],
    ['DELETE', '/api/invites/0123456789ab', undefined, 'NOT_FOUND'],
    ['PUT', '/api/policy', { policy: 'nobody' }, 'BAD_INPUT'],
    ['POST', '/api/members/nobody/revoke', undefined, 'BAD_INPUT'],
    ['POST', `/api/members/${(await TestPeer.make()).peerId}/reinstate`, undefined, 'NOT_FOUND'],
    ['POST', `/api/approvals/${(await TestPeer.make()).peerId}/approve`, undefined, 'NOT_FOUND'],
  ]
  for (const [method, path, body, code] of cases)
    expect((await ask(method, path, body)).json, path).toMatchObject({ error: { code } })
})
