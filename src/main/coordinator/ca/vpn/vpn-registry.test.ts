import { execFileSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../../../../e2e/support/temporary-folder.ts'
import { verifyCertificate } from '../../../../shared/membership/certificate.ts'
import type { EnrolAnswer } from '../../../../shared/membership/enrolment.ts'
import { blockedVpnCertificates, verifyRevocations } from '../../../../shared/membership/revocations.ts'
import { type VpnLease, verifyVpnLease } from '../../../../shared/membership/vpn-lease.ts'
import { day, hour, minute } from '../../../../shared/units.ts'
import { TurnedClock } from '../../../clock.ts'
import { findCaKey, saveCaKey } from '../ca-file.ts'
import { MembershipStore } from '../membership-store.ts'
import { startAuthority, type TestAuthority, TestPeer } from '../test-authority.ts'
import { chooseHost, ipOf } from './vpn-address.ts'
import { VpnRegistry } from './vpn-registry.ts'

const nebulaCert = (() => {
  try {
    execFileSync('nebula-cert', ['-version'])
    return true
  } catch {
    console.log('No nebula-cert here: whether Nebula takes our certificates is not tested.')
    return false
  }
})()

let clock: TurnedClock
let ca: TestAuthority
const started: { stop(): Promise<void> }[] = []

beforeEach(async () => {
  clock = new TurnedClock(Date.now())
  ca = await startAuthority(clock)
  started.push(ca)
  ca.authority.setPolicy('open')
})
afterEach(async () => {
  for (const one of started.splice(0).reverse()) await one.stop()
})

const newKey = () => generateKeyPairSync('x25519').publicKey.export({ format: 'jwk' }).x ?? ''

function memberIn(answer: EnrolAnswer) {
  if (answer.status !== 'member') throw new Error('expected a certificate')
  return answer
}

async function enrol(peer: TestPeer, vpnKey: string, at = ca, certificate?: string) {
  const request = await peer.request(at.authority, clock.now(), { vpnKey, certificate })
  const answer = memberIn(await at.authority.enrol(request))
  return { answer, lease: await open(answer.vpn, peer, vpnKey, at) }
}

const open = (token: string | undefined, { peerId }: TestPeer, vpnKey: string, { authority } = ca): Promise<VpnLease> =>
  verifyVpnLease(token ?? '', {
    networkId: authority.networkId,
    caPublicKey: authority.caPublicKey,
    peerId,
    vpnKey,
    now: clock.now(),
  })

const refusal = (promise: Promise<unknown>) =>
  promise.then(
    () => 'taken',
    error => (error as { code: string }).code,
  )

describe('a place in the VPN', () => {
  it('is had by who asks with a key, and stays the same', async () => {
    const peer = await TestPeer.make()
    const vpnKey = newKey()
    const { answer, lease } = await enrol(peer, vpnKey)
    expect(lease).toMatchObject({ peer: peer.peerId, key: vpnKey, expiresAt: clock.now() + 24 * hour, lighthouses: [] })
    const { networkId, caPublicKey } = ca.authority
    const certificate = await verifyCertificate(answer.certificate, { networkId, caPublicKey, now: clock.now() })
    expect(certificate.vpnIp).toBe(lease.ip)
    clock.turn(20 * hour)
    expect((await enrol(peer, newKey())).lease.ip).toBe(lease.ip)
    // Who does not ask has none.
    const plain = await TestPeer.make()
    expect(memberIn(await ca.authority.enrol(await plain.request(ca.authority, clock.now()))).vpn).toBeUndefined()
  })

  it('is nobody else’s, however many ask at once', async () => {
    const peers = await Promise.all(Array.from({ length: 40 }, () => TestPeer.make()))
    const leases = await Promise.all(peers.map(async peer => (await enrol(peer, newKey())).lease.ip))
    expect(new Set(leases).size).toBe(40)
  })

  it('is the same at another coordinator of the CA, which is the same Nebula CA', async () => {
    const key = await findCaKey(ca.folder)
    if (key === undefined) throw new Error('expected a key')
    const folder = await temporaryFolder()
    await saveCaKey(folder.path, key)
    const other = await startAuthority(clock, folder.path)
    started.push({ stop: async () => folder.remove() }, other)
    const peer = await TestPeer.make()
    const here = await enrol(peer, newKey())
    const there = await enrol(peer, newKey(), other, here.answer.certificate)
    expect(there.lease).toMatchObject({ ip: here.lease.ip, authority: here.lease.authority })
    // What one has issued is on the list although the other took the peer out.
    await other.authority.revoke(peer.peerId)
    await ca.authority.learn(other.authority.revocations.get() ?? '')
    const { networkId, caPublicKey } = ca.authority
    const list = await verifyRevocations(ca.authority.revocations.get() ?? '', { networkId, caPublicKey })
    expect(blockedVpnCertificates(list.revoked)).toHaveLength(2)
  })

  it('counts for one peer, one key, one network and one day, and only as the CA signed it', async () => {
    const [peer, other] = [await TestPeer.make(), await TestPeer.make()]
    const vpnKey = newKey()
    const { answer } = await enrol(peer, vpnKey)
    expect(await refusal(open(answer.vpn, other, vpnKey))).toBe('MEMBERSHIP_FOREIGN')
    expect(await refusal(open(answer.vpn, peer, newKey()))).toBe('MEMBERSHIP_FOREIGN')
    expect(await refusal(open(`${answer.vpn}`.slice(0, -5).concat('AAAAA'), peer, vpnKey))).toMatch(/FORGED|MALFORMED/)
    const elsewhere = await startAuthority(clock)
    started.push(elsewhere)
    expect(await refusal(open(answer.vpn, peer, vpnKey, elsewhere))).toBe('MEMBERSHIP_WRONG_NETWORK')
    clock.turn(24 * hour + minute)
    expect(await refusal(open(answer.vpn, peer, vpnKey))).toBe('MEMBERSHIP_EXPIRED')
  })

  it('cannot be asked for in another’s name or with another’s key', async () => {
    const peer = await TestPeer.make()
    const request = await peer.request(ca.authority, clock.now(), { vpnKey: newKey() })
    expect(await refusal(ca.authority.enrol({ ...request, vpn_key: newKey() }))).toBe('MEMBERSHIP_FORGED')
    expect(await refusal(ca.authority.enrol({ ...request, vpn_key: '../x' }))).toBe('BAD_INPUT')
  })

  it('is lost with the membership: each certificate of the VPN that still counts is on the list', async () => {
    const peer = await TestPeer.make()
    await enrol(peer, newKey())
    clock.turn(16 * hour)
    await enrol(peer, newKey())
    await ca.authority.revoke(peer.peerId)
    const { networkId, caPublicKey } = ca.authority
    const list = await verifyRevocations(ca.authority.revocations.get() ?? '', { networkId, caPublicKey })
    const blocked = blockedVpnCertificates(list.revoked)
    expect(blocked).toHaveLength(2)
    for (const fingerprint of blocked) expect(fingerprint).toMatch(/^[0-9a-f]{64}$/)
  })

  it.skipIf(!nebulaCert)('is proven by a certificate that Nebula itself takes', async () => {
    const peer = await TestPeer.make()
    const { lease } = await enrol(peer, newKey())
    const paths = { ca: join(ca.folder, 'nebula-ca.crt'), host: join(ca.folder, 'host.crt') }
    await writeFile(paths.ca, lease.authority)
    await writeFile(paths.host, lease.certificate)
    const ask = (...args: string[]) => execFileSync('nebula-cert', args, { encoding: 'utf8' })
    ask('verify', '-ca', paths.ca, '-crt', paths.host)
    const { details, fingerprint } = JSON.parse(ask('print', '-json', '-path', paths.host))
    expect(details).toMatchObject({
      ips: [`${lease.ip}/16`],
      groups: ['donor', 'requester'],
      isCa: false,
      name: lease.ip.replaceAll('.', '-'),
    })
    await ca.authority.revoke(peer.peerId)
    const { networkId, caPublicKey } = ca.authority
    const list = await verifyRevocations(ca.authority.revocations.get() ?? '', { networkId, caPublicKey })
    expect(blockedVpnCertificates(list.revoked)).toEqual([fingerprint])
  })
})

describe('the choice of an address', () => {
  it('never takes one that is taken, the first or the last', () => {
    const hosts = fc.integer({ min: 1, max: 65_534 })
    const asked = fc.option(fc.oneof(hosts.map(ipOf), fc.constantFrom('10.42.0.0', '10.42.255.255', '10.0.0.1', 'x')))
    fc.assert(
      fc.property(fc.string(), asked, fc.uniqueArray(hosts, { maxLength: 50 }), (peer, wanted, taken) => {
        const host = chooseHost(peer, wanted ?? undefined, new Set(taken))
        expect(taken).not.toContain(host)
        expect(host).toBeGreaterThanOrEqual(1)
        expect(host).toBeLessThanOrEqual(65_534)
      }),
    )
    const all = new Set(Array.from({ length: 65_534 }, (_, index) => index + 1))
    expect(() => chooseHost('peer', undefined, all)).toThrow('taken')
    all.delete(9)
    expect(ipOf(chooseHost('peer', '10.42.0.10', all))).toBe('10.42.0.9')
  })

  it('gives an address that nobody used for a month to another', async () => {
    const { lease } = await enrol(await TestPeer.make(), newKey())
    const store = new MembershipStore(ca.folder)
    store.start()
    started.push({ stop: async () => store.stop() })
    const key = await findCaKey(ca.folder)
    if (key === undefined) throw new Error('expected a key')
    const registry = new VpnRegistry({ store, key }, { networkId: ca.authority.networkId, lighthouses: () => [] })
    expect(registry.address('early', lease.ip, clock.now() + 30 * day)).not.toBe(lease.ip)
    expect(registry.address('late', lease.ip, clock.now() + 32 * day)).toBe(lease.ip)
  })
})
