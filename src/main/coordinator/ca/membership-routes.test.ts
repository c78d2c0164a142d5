import { afterEach, beforeEach, expect, it } from 'vitest'
import { enrolAnswerSchema } from '../../../shared/membership/enrolment.ts'
import { parseInvite } from '../../../shared/membership/invite.ts'
import {
  applicationsSchema,
  createdInviteSchema,
  invitesSchema,
  membersSchema,
} from '../../../shared/schema/membership-api.ts'
import { TurnedClock } from '../../clock.ts'
import { membershipRoutes } from './membership-routes.ts'
import { startApi, type TestApi } from './test-api.ts'
import { startAuthority, type TestAuthority, TestPeer } from './test-authority.ts'

const clock = new TurnedClock()
const operator = 'the operator’s token'
let ca: TestAuthority
let api: TestApi

beforeEach(async () => {
  ca = await startAuthority(clock)
  api = await startApi({ authority: ca.authority, operator })
})
afterEach(async () => {
  await api.stop()
  await ca.stop()
})

async function ask(method: string, path: string, body?: unknown, token = operator) {
  const response = await fetch(`${api.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${encodeURIComponent(token)}` },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, json: text === '' ? undefined : (JSON.parse(text) as unknown) }
}

it('makes an invite, lets somebody in with it, and shows both', async () => {
  const created = await ask('POST', '/api/admin/invites', { roles: ['donor'], uses: 2, note: 'for the library' })
  expect(created.status).toBe(201)
  const { invite, id } = createdInviteSchema.parse(created.json)
  const { code, seeds } = parseInvite(invite)
  expect(seeds).toEqual(['https://coordinator.example.org'])
  const peer = await TestPeer.make()
  const enrolled = await ask('POST', '/api/enrol', await peer.request(ca.authority, clock.now(), { code }))
  expect(enrolAnswerSchema.parse(enrolled.json)).toMatchObject({ status: 'member', roles: ['donor'] })
  expect(invitesSchema.parse((await ask('GET', '/api/admin/invites')).json).invites).toMatchObject([{ id, used: 1 }])
  await ask('PUT', `/api/admin/members/${peer.peerId}/roles`, { roles: ['donor', 'trusted'] })
  expect((await ask('POST', `/api/admin/members/${peer.peerId}/revoke`)).status).toBe(204)
  expect(membersSchema.parse((await ask('GET', '/api/admin/members')).json).members).toMatchObject([
    { peer_id: peer.peerId, state: 'revoked', via: id, roles: ['donor', 'trusted'] },
  ])
  await ask('POST', `/api/admin/members/${peer.peerId}/reinstate`)
  expect((await ask('DELETE', `/api/admin/invites/${id}`)).status).toBe(204)
  const other = await TestPeer.make()
  const late = await ask('POST', '/api/enrol', await other.request(ca.authority, clock.now(), { code }))
  expect(late).toMatchObject({ status: 403, json: { error: { code: 'INVITE_REVOKED' } } })
})

it('has whoever waits approved or refused', async () => {
  expect(await ask('PUT', '/api/admin/policy', { policy: 'approval' })).toEqual({
    status: 200,
    json: { policy: 'approval' },
  })
  expect((await ask('GET', '/api/admin/policy')).json).toEqual({ policy: 'approval' })
  const peers = [await TestPeer.make(), await TestPeer.make()]
  for (const peer of peers) await ask('POST', '/api/enrol', await peer.request(ca.authority, clock.now()))
  const { approvals } = applicationsSchema.parse((await ask('GET', '/api/admin/approvals')).json)
  expect(approvals.map(({ state }) => state)).toEqual(['pending', 'pending'])
  expect((await ask('POST', `/api/admin/approvals/${peers[0]?.peerId}/approve`, {})).status).toBe(204)
  expect((await ask('POST', `/api/admin/approvals/${peers[1]?.peerId}/refuse`)).status).toBe(204)
  expect(ca.authority.members()).toHaveLength(1)
})

it('refuses what it cannot use, with a code', async () => {
  const cases: [string, string, unknown, string][] = [
    ['POST', '/api/enrol', 'no json', 'BAD_REQUEST'],
    ['POST', '/api/enrol', {}, 'BAD_INPUT'],
    ['POST', '/api/enrol', 'x'.repeat(100_000), 'TOO_LARGE'],
    ['POST', '/api/admin/invites', { uses: 0 }, 'BAD_REQUEST'],
    ['POST', '/api/admin/invites', { roles: ['king'] }, 'BAD_REQUEST'],
    ['DELETE', '/api/admin/invites/0123456789ab', undefined, 'NOT_FOUND'],
    ['PUT', '/api/admin/policy', { policy: 'nobody' }, 'BAD_REQUEST'],
    ['POST', '/api/admin/members/nobody/revoke', undefined, 'BAD_REQUEST'],
    ['POST', `/api/admin/members/${(await TestPeer.make()).peerId}/reinstate`, undefined, 'NOT_FOUND'],
    ['POST', `/api/admin/approvals/${(await TestPeer.make()).peerId}/approve`, {}, 'NOT_FOUND'],
  ]
  for (const [method, path, body, code] of cases)
    expect((await ask(method, path, body)).json, path).toMatchObject({ error: { code } })
})

it('shows and changes nothing without the operator’s token', async () => {
  for (const { method, path, access } of Object.values(membershipRoutes)) {
    if (access !== 'operator') continue
    const answer = await ask(method.toUpperCase(), path.replace('{peer}', 'x'), undefined, 'another token')
    expect(answer, path).toMatchObject({ status: 401, json: { error: { code: 'UNAUTHORIZED' } } })
  }
})

it('says so where the coordinator does not hold the CA key', async () => {
  const without = await startApi({ authority: undefined, operator })
  const response = await fetch(`${without.url}/api/enrol`, { method: 'POST', body: '{}' })
  expect([response.status, await response.json()]).toMatchObject([404, { error: { code: 'NOT_FOUND' } }])
  await without.stop()
})
