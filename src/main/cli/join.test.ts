import { expect, it } from 'vitest'
import { day } from '../../shared/units.ts'
import { formatJoined, formatMembership } from './join.ts'

const now = Date.UTC(2026, 0, 10)
const renewal = { nextTryAt: now + day }

it('says in words what a node is in its network, until when, and why a renewal fails', () => {
  expect(formatMembership({ kind: 'open' }, now)).toMatch('everybody takes part')
  expect(formatMembership({ kind: 'member', roles: ['donor', 'trusted'], until: now + 3 * day, renewal }, now)).toBe(
    'Member until 2026-01-13 00:00 as donor, trusted.\nAsks for a certificate at 2026-01-11 00:00.',
  )
  const failure = { code: 'NO_COORDINATOR', message: 'no coordinator could be reached', since: now - day }
  expect(formatMembership({ kind: 'expired', until: now, renewal: { nextTryAt: now, failure } }, now)).toBe(
    'Was a member until 2026-01-10 00:00.\nFails since 2026-01-09 00:00: no coordinator could be reached.\nAsks for a certificate now.',
  )
  expect(formatMembership({ kind: 'pending', renewal }, now)).toMatch('operator has yet to approve')
  expect(formatMembership({ kind: 'outside', renewal }, now)).toMatch('Not a member.')
})

it('says what happens after joining', () => {
  expect(formatJoined({ network: 'charity', status: 'member', restarting: true })).toBe(
    'This machine is a member of charity. The node is starting anew, in that network.',
  )
  expect(formatJoined({ network: 'charity', status: 'pending', restarting: false })).toMatch('has yet to approve')
})
