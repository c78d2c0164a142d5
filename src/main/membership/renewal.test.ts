import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { CaKey } from '../../shared/membership/ca-key.ts'
import { parseInvite } from '../../shared/membership/invite.ts'
import { day, hour, minute, second } from '../../shared/units.ts'
import { type Clock, systemClock, TurnedClock } from '../clock.ts'
import { findCaKey } from '../coordinator/ca/ca-file.ts'
import { startApi, type TestApi } from '../coordinator/ca/test-api.ts'
import { startAuthority, type TestAuthority } from '../coordinator/ca/test-authority.ts'
import { followAuthority } from './authority-link.ts'
import { MembershipProtocol } from './membership-protocol.ts'
import { renewalRelay } from './renewal-relay.ts'
import { Renewer } from './renewer.ts'
import { startMember, type TestMember, type TestMemberInit } from './test-member.ts'
import { Ways } from './ways.ts'

const log = pino({ level: 'silent' })

/** Validity is turned; deadlines of what really travels are real. */
let turned: TurnedClock
let clock: Clock
let ca: TestAuthority
let key: CaKey
let started: { stop(): Promise<unknown> }[] = []

beforeEach(async () => {
  turned = new TurnedClock(Date.now())
  clock = {
    ...systemClock,
    now: () => turned.now(),
    steady: () => turned.steady(),
    every: turned.every.bind(turned),
  }
  ca = await startAuthority(turned)
  const found = await findCaKey(ca.folder)
  if (found === undefined) throw new Error('expected a key')
  key = found
})
afterEach(async () => {
  for (const one of started.reverse()) await one.stop()
  started = []
  await ca.stop()
})

interface Node extends TestMember {
  renewer: Renewer
}

async function start(
  init: Partial<TestMemberInit> & { coordinator?: boolean; urls?: string[]; code?: string } = {},
): Promise<Node> {
  const member = await startMember({ ca: key, clock, ...init })
  const { host, gate, trust, privateKey, lifecycle } = member
  const ways = new Ways({ host, gate, coordinatorUrls: () => init.urls ?? [] })
  const own = init.coordinator === true ? followAuthority({ authority: ca.authority, trust, log }) : undefined
  const answer = own?.answer ?? renewalRelay({ trust, ways: () => ways.direct() })
  const protocol = new MembershipProtocol({ host, answer, clock, log })
  const renewer = new Renewer({ trust, privateKey, ways: () => (own ? [own.way] : ways.all()), clock, log })
  gate.onMember(() => renewer.wayOpened())
  await protocol.start()
  if (own !== undefined) await own.start()
  renewer.start()
  lifecycle.add('rest', {
    start: () => undefined,
    stop: async () => {
      renewer.stop()
      await own?.stop()
      await protocol.stop()
    },
  })
  const node = { ...member, renewer }
  started.push(node)
  return node
}

const connect = async (from: Node, to: Node) => {
  await from.host.libp2p.dial(to.host.libp2p.getMultiaddrs())
  await vi.waitFor(() => expect(from.gate.rolesOf(idOf(to))).not.toEqual([]))
  await vi.waitFor(() => expect(to.gate.rolesOf(idOf(from))).not.toEqual([]))
}
const idOf = (node: TestMember) => node.host.peerId.toString()
const untilOf = (node: Node) => node.trust.certificate.get()?.expiresAt ?? 0

async function serveHttp(): Promise<TestApi> {
  const api = await startApi({ authority: ca.authority })
  started.push(api)
  return api
}

describe('a member', () => {
  it('renews by itself when two thirds of its certificate’s life are over', async () => {
    const { url, asked } = await serveHttp()
    const member = await start({ roles: ['donor'], urls: [url] })
    const until = untilOf(member)
    await member.renewer.renew()
    expect(asked()).toBe(1)
    turned.turn(4.5 * day)
    expect(asked()).toBe(1)
    turned.turn(0.4 * day)
    await vi.waitFor(() => expect(untilOf(member)).toBeGreaterThan(until + 4 * day))
    expect(member.renewer.membership.get()).toMatchObject({ kind: 'member', roles: ['donor'], until: untilOf(member) })
  })

  it('keeps its certificate over a restart, and says so without any coordinator', async () => {
    const member = await start({ roles: ['donor'] })
    expect(member.renewer.membership.get()).toMatchObject({ kind: 'member', roles: ['donor'] })
  })

  it('is let in again by a coordinator it connects with, long after its certificate has ended', async () => {
    const coordinator = await start({ coordinator: true, roles: ['coordinator'] })
    const member = await start({ roles: ['donor'] })
    await connect(member, coordinator)
    await member.renewer.renew()
    await member.host.libp2p.hangUp(coordinator.host.peerId)
    turned.turn(20 * day)
    await vi.waitFor(() =>
      expect(member.renewer.membership.get()).toMatchObject({
        kind: 'expired',
        renewal: { failure: { code: 'NO_COORDINATOR' } },
      }),
    )
    await coordinator.renewer.renew()
    await member.host.libp2p.dial(coordinator.host.libp2p.getMultiaddrs())
    await vi.waitFor(() => expect(member.renewer.membership.get().kind).toBe('member'))
    await vi.waitFor(() => expect(coordinator.gate.rolesOf(idOf(member))).toEqual(['donor']))
  })

  it('renews with a coordinator over libp2p', async () => {
    const coordinator = await start({ coordinator: true, roles: ['coordinator'] })
    const member = await start({ roles: ['donor'] })
    await connect(member, coordinator)
    const until = untilOf(member)
    turned.turn(5 * day)
    await vi.waitFor(() => expect(untilOf(member)).toBeGreaterThan(until))
  })

  it('renews through a peer where no coordinator is in reach, which passes it on once', async () => {
    const coordinator = await start({ coordinator: true, roles: ['coordinator'] })
    const [middle, far] = [await start({ roles: ['donor'] }), await start({ roles: ['donor'] })]
    await connect(far, middle)
    const until = untilOf(far)
    turned.turn(2 * second)
    await far.renewer.renew()
    expect(untilOf(far)).toBe(until)
    await connect(middle, coordinator)
    await far.renewer.renew()
    expect(untilOf(far)).toBeGreaterThan(until)
    // Who never was a member is not passed on.
    const stranger = await start({ certificate: async () => '' })
    await stranger.host.libp2p.dial(middle.host.libp2p.getMultiaddrs())
    await vi.waitFor(() => expect(stranger.gate.rolesOf(idOf(middle))).not.toEqual([]))
    await stranger.renewer.renew()
    expect(stranger.renewer.membership.get()).toMatchObject({
      kind: 'outside',
      renewal: { failure: { code: 'NO_COORDINATOR' } },
    })
  })

  it('is still a member after a day without any coordinator, and says why it could not renew', async () => {
    const member = await start({ roles: ['donor'], urls: ['http://127.0.0.1:9'] })
    turned.turn(4.9 * day)
    await vi.waitFor(() =>
      expect(member.renewer.membership.get()).toMatchObject({
        kind: 'member',
        renewal: { failure: { code: 'NO_COORDINATOR', message: expect.stringContaining('127.0.0.1:9') } },
      }),
    )
    turned.turn(day)
    expect(member.renewer.membership.get().kind).toBe('member')
    turned.turn(2 * day)
    expect(member.renewer.membership.get().kind).toBe('expired')
  })

  it('asks again with growing pauses', async () => {
    const { url, asked } = await serveHttp()
    const member = await start({ urls: [url] })
    await vi.waitFor(() => expect(asked()).toBe(1))
    await vi.waitFor(() =>
      expect(member.renewer.membership.get()).toMatchObject({
        kind: 'outside',
        renewal: { failure: { code: 'INVITE_REQUIRED' } },
      }),
    )
    let last = asked()
    for (let minutes = 0; minutes < 24 * 60; minutes++) {
      turned.turn(minute)
      if (minutes % 30 === 0) await new Promise(resolve => setImmediate(resolve))
    }
    await vi.waitFor(() => expect(asked()).toBeGreaterThan(last))
    last = asked()
    expect(last).toBeLessThan(60)
  })

  it('gets in although its clock is hours off', async () => {
    ca.authority.setPolicy('open')
    const { url } = await serveHttp()
    const wrong: Clock = { ...clock, now: () => turned.now() - 3 * hour }
    const member = await start({ clock: wrong, urls: [url] })
    await vi.waitFor(() => expect(member.trust.certificate.get()).toBeDefined())
  })

  it('becomes a member once the operator has approved', async () => {
    ca.authority.setPolicy('approval')
    const { url } = await serveHttp()
    const member = await start({ urls: [url] })
    await vi.waitFor(() => expect(member.renewer.membership.get().kind).toBe('pending'))
    ca.authority.approve(idOf(member))
    turned.turn(6 * minute)
    await vi.waitFor(() => expect(member.renewer.membership.get().kind).toBe('member'))
  })

  it('is out of the network when the operator takes it out', async () => {
    const coordinator = await start({ coordinator: true, roles: ['coordinator'] })
    const member = await start({ roles: ['donor'] })
    await connect(member, coordinator)
    turned.turn(2 * second)
    await ca.authority.revoke(idOf(member))
    await vi.waitFor(() => expect(coordinator.host.libp2p.getPeers()).toHaveLength(0))
  })
})

it('a coordinator with the CA certifies itself', async () => {
  const coordinator = await start({ coordinator: true })
  await vi.waitFor(() => expect(coordinator.gate.rolesOf(idOf(coordinator))).toContain('coordinator'))
  const { code } = parseInvite(ca.authority.createInvite({}, []).invite)
  expect(code).toBeDefined()
})
