import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../../../e2e/support/temporary-folder.ts'
import { type Role, verifyCertificate } from '../../../shared/membership/certificate.ts'
import type { EnrolAnswer } from '../../../shared/membership/enrolment.ts'
import { parseInvite } from '../../../shared/membership/invite.ts'
import { verifyRevocations } from '../../../shared/membership/revocations.ts'
import { day, hour, minute, second } from '../../../shared/units.ts'
import { TurnedClock } from '../../clock.ts'
import type { MembershipAuthority } from './authority.ts'
import { findCaKey, saveCaKey } from './ca-file.ts'
import { MembershipStore } from './membership-store.ts'
import { startAuthority, type TestAuthority, TestPeer } from './test-authority.ts'

let clock: TurnedClock
let started: TestAuthority[] = []
let authority: MembershipAuthority
let folder: string

const start = async (...init: Parameters<typeof startAuthority>) => {
  const one = await startAuthority(...init)
  started.push(one)
  return one
}

beforeEach(async () => {
  clock = new TurnedClock()
  ;({ authority, folder } = await start(clock))
})
afterEach(async () => {
  for (const one of started.reverse()) await one.stop()
  started = []
})

const refusal = (promise: Promise<unknown>) =>
  promise.then(
    () => 'taken',
    error => (error as { code: string }).code,
  )
const codeOf = (invite: string) => parseInvite(invite).code
const invite = (wanted: Parameters<MembershipAuthority['createInvite']>[0] = {}) => {
  const created = authority.createInvite(wanted, ['http://127.0.0.1:8080'])
  return { ...created, code: codeOf(created.invite) }
}
const check = () => ({ caPublicKey: authority.caPublicKey, networkId: authority.networkId, now: clock.now() })

function memberIn(answer: EnrolAnswer): Extract<EnrolAnswer, { status: 'member' }> {
  if (answer.status !== 'member') throw new Error('expected a certificate')
  return answer
}

async function enrol(peer: TestPeer, fields: Parameters<TestPeer['request']>[2] = {}, at = authority) {
  return memberIn(await at.enrol(await peer.request(at, clock.now(), fields)))
}

/** As `revoke` does, and as far as it comes where the process is killed right then. */
async function writeDown(subjects: string[]) {
  const store = new MembershipStore(folder)
  store.start()
  store.transaction(() => {
    for (const subject of subjects) store.addRevocation(subject, Math.floor(clock.now() / second))
  })
  store.stop()
}

describe('a CA', () => {
  it('makes its key once, readable by its owner alone', async () => {
    const again = await start(clock, folder)
    expect(again.authority.caPublicKey).toBe(authority.caPublicKey)
    for (const file of ['ca.json', 'membership.sqlite', 'membership.sqlite-wal'])
      expect((await stat(join(folder, file))).mode & 0o777).toBe(0o600)
    const other = await start(clock)
    const key = await findCaKey(other.folder)
    if (key === undefined) throw new Error('expected a key')
    expect(await refusal(saveCaKey(folder, key))).toBe('CA_UNUSABLE')
  })

  it('admits with an invite, with its roles, for a week', async () => {
    const peer = await TestPeer.make()
    const { code } = invite({ roles: ['donor', 'trusted'] })
    const answer = await enrol(peer, { code, label: 'the library' })
    const certificate = await verifyCertificate(answer.certificate, { ...check(), shownBy: peer.peerId })
    expect(certificate).toMatchObject({ roles: ['donor', 'trusted'], expiresAt: clock.now() + 7 * day })
    expect(authority.members()).toMatchObject([
      { peer_id: peer.peerId, label: 'the library', state: 'member', certificate_expires_at: answer.expires_at },
    ])
  })

  it('asks for an invite, and refuses each wrong one with its own code', async () => {
    const peer = await TestPeer.make()
    const ask = async (code?: string) => refusal(authority.enrol(await peer.request(authority, clock.now(), { code })))
    expect(await ask()).toBe('INVITE_REQUIRED')
    expect(await ask('0000000000000000')).toBe('INVITE_UNKNOWN')
    const short = invite({ expires_in_seconds: 3_600 })
    const revoked = invite()
    authority.revokeInvite(revoked.id)
    expect(await ask(revoked.code)).toBe('INVITE_REVOKED')
    clock.turn(hour)
    expect(await ask(short.code)).toBe('INVITE_EXPIRED')
    expect(authority.invites().map(each => each.state)).toEqual(expect.arrayContaining(['revoked', 'expired']))
  })

  it('lets a stolen invite in no more often than it was made for, however many ask at once', async () => {
    const { code, id } = invite({ uses: 3 })
    const peers = await Promise.all(Array.from({ length: 12 }, () => TestPeer.make()))
    const answers = await Promise.all(
      peers.map(peer =>
        enrol(peer, { code }).then(
          () => 'in',
          error => error.code,
        ),
      ),
    )
    expect(answers.filter(answer => answer === 'in')).toHaveLength(3)
    expect(answers.filter(answer => answer === 'INVITE_USED_UP')).toHaveLength(9)
    expect(authority.invites().find(each => each.id === id)).toMatchObject({ used: 3, state: 'used-up' })
    // Whoever is in may ask again with it: the answer may have been lost.
    for (const [index, peer] of peers.entries())
      expect(await refusal(enrol(peer, { code }))).toBe(answers[index] === 'in' ? 'taken' : 'INVITE_USED_UP')
  })

  it('takes a request once, freshly dated, for this network, from the holder of the key', async () => {
    authority.setPolicy('open')
    const [peer, thief] = [await TestPeer.make(), await TestPeer.make()]
    const request = await peer.request(authority, clock.now())
    expect(await refusal(authority.enrol(request))).toBe('taken')
    expect(await refusal(authority.enrol(request))).toBe('ENROLMENT_REPLAYED')
    clock.turn(minute)
    expect(await refusal(authority.enrol(request))).toBe('ENROLMENT_REPLAYED')
    expect(await refusal(authority.enrol({ ...request, nonce: 'A'.repeat(22) }))).toBe('MEMBERSHIP_FORGED')
    expect(await refusal(authority.enrol({ ...request, peer_id: thief.peerId }))).toBe('MEMBERSHIP_FORGED')
    clock.turn(5 * minute)
    expect(await refusal(authority.enrol(request))).toBe('ENROLMENT_STALE')
    const elsewhere = await start(clock)
    expect(await refusal(authority.enrol(await peer.request(elsewhere.authority, clock.now())))).toBe(
      'MEMBERSHIP_WRONG_NETWORK',
    )
    for (const nonsense of [undefined, {}, { ...request, extra: 1 }, { ...request, peer_id: 'x' }, 'request'])
      expect(await refusal(authority.enrol(nonsense))).toBe('BAD_INPUT')
  })

  it('renews for a member without an invite, also one that was away for a month', async () => {
    const peer = await TestPeer.make()
    const { certificate } = await enrol(peer, { code: invite().code })
    clock.turn(30 * day)
    expect((await enrol(peer, { certificate })).expires_at).toBe(clock.now() + 7 * day)
    expect(await refusal(enrol(await TestPeer.make(), { certificate }))).toBe('MEMBERSHIP_FOREIGN')
  })

  it('keeps a list of who waits for approval', async () => {
    authority.setPolicy('approval')
    const [good, bad] = [await TestPeer.make(), await TestPeer.make()]
    const ask = async (peer: TestPeer) => authority.enrol(await peer.request(authority, clock.now(), { label: 'me' }))
    expect(await ask(good)).toEqual({ status: 'pending', retry_after_seconds: 300 })
    await ask(bad)
    await ask(bad)
    expect(authority.applications()).toHaveLength(2)
    authority.approve(good.peerId, ['donor'])
    authority.refuse(bad.peerId)
    expect(memberIn(await ask(good)).roles).toEqual(['donor'])
    expect(await refusal(ask(bad))).toBe('ENROLMENT_REFUSED')
    expect(authority.applications()).toMatchObject([{ peer_id: bad.peerId, state: 'refused' }])
    authority.approve(bad.peerId)
    expect(memberIn(await ask(bad)).roles).toEqual(['donor', 'requester'])
    expect(() => authority.approve(good.peerId)).toThrow('has not asked')
  })

  it('has room for who waits though a thousand were refused or have waited for weeks', async () => {
    authority.setPolicy('approval')
    const store = new MembershipStore(folder)
    store.start()
    const put = (name: string, refusedAt: number | null) => {
      for (let index = 0; index < 1_000; index++)
        store.putApplication({ peerId: `${name}${index}`, label: '', askedAt: clock.now(), refusedAt })
    }
    put('refused', clock.now())
    const ask = async () => authority.enrol(await (await TestPeer.make()).request(authority, clock.now()))
    expect(await ask()).toMatchObject({ status: 'pending' })
    put('waiting', null)
    expect(await refusal(ask())).toBe('QUOTA_EXCEEDED')
    clock.turn(7 * day + 1)
    expect(await ask()).toMatchObject({ status: 'pending' })
    put('later', clock.now())
    await ask()
    expect(authority.applications().filter(({ state }) => state === 'refused')).toHaveLength(1_000)
    store.stop()
  })

  it('takes a member out, for good until it is taken in again', async () => {
    const peer = await TestPeer.make()
    const { code } = invite({ uses: 5 })
    const { certificate } = await enrol(peer, { code })
    await authority.revoke(peer.peerId)
    const token = authority.revocations.get() ?? ''
    const { revoked } = await verifyRevocations(token, check())
    expect(await refusal(verifyCertificate(certificate, { ...check(), revoked }))).toBe('MEMBERSHIP_REVOKED')
    expect(authority.members()).toMatchObject([{ state: 'revoked' }])
    for (const fields of [{}, { code }, { certificate }])
      expect(await refusal(enrol(peer, fields))).toBe('MEMBERSHIP_REVOKED')
    clock.turn(30 * day)
    expect(await refusal(enrol(peer, { code }))).toBe('MEMBERSHIP_REVOKED')
    authority.reinstate(peer.peerId)
    const again = await enrol(peer)
    expect(await refusal(verifyCertificate(again.certificate, { ...check(), revoked }))).toBe('taken')
  })

  it('signs at its next start what it had taken back when it was killed, and only what its list lacks', async () => {
    const [first, second] = [await TestPeer.make(), await TestPeer.make()]
    await authority.revoke(first.peerId)
    await writeDown([second.peerId])
    const { authority: again } = await start(clock, folder)
    const token = again.revocations.get() ?? ''
    const { revoked } = await verifyRevocations(token, check())
    expect(Object.keys(revoked).sort()).toEqual([first.peerId, second.peerId].sort())
    clock.turn(30 * day)
    expect((await start(clock, folder)).authority.revocations.get()).toBe(token)
  })

  it('starts where more is written down than a list holds', async () => {
    await writeDown(Array.from({ length: 2_000 }, (_, index) => String(index).padStart(52, 'x')))
    expect((await start(clock, folder)).authority.revocations.get()).toBeUndefined()
  })

  it('remembers invites, members, policy and revocations over a restart', async () => {
    const [peer, gone] = [await TestPeer.make(), await TestPeer.make()]
    const { code } = invite()
    await enrol(peer, { code })
    await authority.revoke(gone.peerId)
    authority.setPolicy('approval')
    const again = (await start(clock, folder)).authority
    expect(again.policy).toBe('approval')
    expect(again.members()).toEqual(authority.members())
    expect(again.revocations.get()).toBe(authority.revocations.get())
    expect(await refusal(enrol(await TestPeer.make(), { code }, again))).toBe('INVITE_USED_UP')
  })
})

describe('two coordinators of one CA', () => {
  let other: MembershipAuthority

  beforeEach(async () => {
    const shared = await findCaKey(folder)
    if (shared === undefined) throw new Error('expected a key')
    const place = await temporaryFolder()
    await saveCaKey(place.path, shared)
    const one = await start(clock, place.path)
    started.push({ ...one, stop: place.remove })
    other = one.authority
  })

  it('renew each other’s members on the strength of a certificate', async () => {
    const peer = await TestPeer.make()
    const roles: Role[] = ['donor', 'trusted']
    const { certificate } = await enrol(peer, { code: invite({ roles }).code })
    clock.turn(5 * day)
    expect((await enrol(peer, { certificate }, other)).roles).toEqual(roles)
    expect(other.members()).toMatchObject([{ peer_id: peer.peerId, via: 'certificate' }])
    const late = await TestPeer.make()
    const { certificate: expired } = await enrol(late, { code: invite().code })
    clock.turn(8 * day)
    expect(await refusal(enrol(late, { certificate: expired }, other))).toBe('MEMBERSHIP_EXPIRED')
  })

  it('end with one list of revocations, whoever revoked whom', async () => {
    const [a, b] = [await TestPeer.make(), await TestPeer.make()]
    await authority.revoke(a.peerId)
    await other.revoke(b.peerId)
    await other.learn(authority.revocations.get() ?? '')
    await authority.learn(other.revocations.get() ?? '')
    expect(authority.revocations.get()).toBe(other.revocations.get())
    const { revoked } = await verifyRevocations(other.revocations.get() ?? '', check())
    expect(Object.keys(revoked).sort()).toEqual([a.peerId, b.peerId].sort())
    await other.learn(authority.revocations.get() ?? '')
    expect(authority.revocations.get()).toBe(other.revocations.get())
  })

  it('forget nothing of what comes while a list is being signed', async () => {
    const [a, b, c] = [await TestPeer.make(), await TestPeer.make(), await TestPeer.make()]
    await authority.revoke(a.peerId)
    const own = authority.revocations.get() ?? ''
    await other.revoke(b.peerId)
    // Of both, and newer: this one has it from the other before its own list of both is signed.
    const before = other.revocations.get() ?? ''
    await other.learn(own)
    await other.revoke(c.peerId)
    const newest = other.revocations.get() ?? ''
    clock.turn(second)
    await Promise.all([authority.learn(before), authority.learn(newest)])
    const { revoked } = await verifyRevocations(authority.revocations.get() ?? '', check())
    expect(Object.keys(revoked).sort()).toEqual([a.peerId, b.peerId, c.peerId].sort())
  })

  it('take back what one of them renewed before it heard of the other’s revocation', async () => {
    const peer = await TestPeer.make()
    const { certificate } = await enrol(peer, { code: invite().code })
    await authority.revoke(peer.peerId)
    clock.turn(minute)
    const renewed = await enrol(peer, { certificate }, other)
    clock.turn(10 * second)
    await other.learn(authority.revocations.get() ?? '')
    const { revoked } = await verifyRevocations(other.revocations.get() ?? '', check())
    expect(await refusal(verifyCertificate(renewed.certificate, { ...check(), revoked }))).toBe('MEMBERSHIP_REVOKED')
  })
})
