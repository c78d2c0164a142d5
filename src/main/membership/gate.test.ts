import type { Connection } from '@libp2p/interface'
import { describe, expect, it, vi } from 'vitest'
import { generateCaKey } from '../../shared/membership/ca-key.ts'
import { issueCertificate } from '../../shared/membership/certificate.ts'
import { networkId } from '../../shared/membership/network-id.ts'
import { signRevocations } from '../../shared/membership/revocations.ts'
import { day, hour, minute, second } from '../../shared/units.ts'
import { type Clock, systemClock, TurnedClock } from '../clock.ts'
import { unverifiedForMs } from './gate.ts'
import { membersOfTests, type TestMember, testCertificate, testNetwork } from './test-member.ts'

const ca = await generateCaKey()
// No deadline passes by itself, however long the machine takes: who has to meet one gets a clock that is turned.
const start = membersOfTests({ ca, roles: ['donor'], unverifiedForMs: hour })
const startTurned = async () => {
  const clock = new TurnedClock(Date.now())
  return { clock, member: await start({ clock, unverifiedForMs }) }
}

const dial = (from: TestMember, to: TestMember): Promise<Connection> =>
  from.host.libp2p.dial(to.host.libp2p.getMultiaddrs())

/** Resolves with the round trip or rejects, as every protocol but hello does. */
const ping = (from: TestMember, to: TestMember) => from.host.libp2p.services.ping.ping(to.host.peerId)

const other = async () => await generateCaKey()
const revoke = (ids: Record<string, number>, version = Date.now()) =>
  signRevocations({ net: networkId(testNetwork, ca.publicKey), version, revoked: ids }, ca)

describe('a network with a CA', () => {
  it('lets members speak, and knows their roles', async () => {
    const [one, two] = [await start(), await start({ roles: ['donor', 'trusted'] })]
    await dial(one, two)
    expect(await ping(one, two)).toBeGreaterThanOrEqual(0)
    expect(await ping(two, one)).toBeGreaterThanOrEqual(0)
    expect(one.gate.rolesOf(two.host.peerId.toString())).toEqual(['donor', 'trusted'])
    expect(two.gate.rolesOf(one.host.peerId.toString())).toEqual(['donor'])
    // Identify came through, or the DHT would never hear of a peer.
    await vi.waitFor(async () => {
      const { protocols } = await one.host.libp2p.peerStore.get(two.host.peerId)
      expect(protocols).toContain(two.host.protocols.kad)
    })
  })

  const strangers: [string, (draft: { peerId: string; networkId: string }) => Promise<string>, string][] = [
    [
      'an expired certificate',
      draft => issueCertificate({ ...draft, roles: ['donor'], issuedAt: Date.now() - 3 * hour, lifeMs: hour }, ca),
      'MEMBERSHIP_EXPIRED',
    ],
    [
      'a certificate from the future',
      draft => issueCertificate({ ...draft, roles: ['donor'], issuedAt: Date.now() + hour, lifeMs: hour }, ca),
      'MEMBERSHIP_NOT_YET_VALID',
    ],
    [
      'a certificate of another network',
      ({ peerId }) =>
        issueCertificate(
          { peerId, networkId: '0'.repeat(16), roles: ['donor'], issuedAt: Date.now(), lifeMs: day },
          ca,
        ),
      'MEMBERSHIP_WRONG_NETWORK',
    ],
    [
      'a certificate it signed itself',
      async draft => issueCertificate({ ...draft, roles: ['donor'], issuedAt: Date.now(), lifeMs: day }, await other()),
      'MEMBERSHIP_FORGED',
    ],
    [
      'somebody else’s certificate',
      async () => (await start()).trust.certificate.get()?.token ?? '',
      'MEMBERSHIP_FOREIGN',
    ],
    ['no certificate at all', async () => '', 'MEMBERSHIP_MISSING'],
    ['nonsense', async () => 'a.b.c', 'MEMBERSHIP_MALFORMED'],
  ]
  it.each(strangers)('refuses whoever shows %s, on every protocol', async (_, certificate, code) => {
    const { member, clock } = await startTurned()
    const stranger = await start({ certificate: async () => '' })
    const token = await certificate({ peerId: stranger.host.peerId.toString(), networkId: member.trust.networkId })
    // What a stranger's own software thinks of its certificate is up to it.
    if (token !== '') stranger.trust.certificate.set({ ...heldBy(member), token })
    const refusals: string[] = []
    const show = member.gate.show.bind(member.gate)
    member.gate.show = (...shown) =>
      show(...shown).catch(error => {
        refusals.push(error.code)
        throw error
      })
    let reached = 0
    await member.host.libp2p.handle('/probe', () => void reached++)
    const connection = await dial(stranger, member)
    for (const protocol of ['/probe', ...Object.values(member.host.protocols)]) {
      await connection
        .newStream(protocol)
        .then(stream => stream.send(Uint8Array.of(1, 2, 3)))
        .catch(() => undefined)
    }
    await vi.waitFor(() => expect(refusals).toContain(code))
    clock.turn(unverifiedForMs)
    await vi.waitFor(() => expect(connection.status).not.toBe('open'))
    expect(reached).toBe(0)
    expect(member.gate.rolesOf(stranger.host.peerId.toString())).toEqual([])
    await vi.waitFor(() => expect(member.host.libp2p.getPeers()).toHaveLength(0))
  })

  it('lets no stranger move its clock', async () => {
    const member = await start()
    const ahead: Clock = { ...systemClock, now: () => Date.now() + hour }
    const [stranger, fellow] = [await start({ clock: ahead, certificate: async () => '' }), await start()]
    await dial(stranger, member)
    await vi.waitFor(() => expect(stranger.gate.rolesOf(member.host.peerId.toString())).toEqual(['donor']))
    expect(member.greeter.state.get().groups).toBe(0)
    await dial(fellow, member)
    await vi.waitFor(() => expect(member.greeter.state.get().groups).toBe(1))
  })

  it('disconnects whoever says nothing', async () => {
    const [{ member, clock }, silent] = [await startTurned(), await start()]
    await silent.greeter.stop()
    const connection = await dial(silent, member)
    const refused = expect(ping(silent, member)).rejects.toThrow()
    await vi.waitFor(() => expect(member.host.libp2p.getConnections()).toHaveLength(1))
    clock.turn(unverifiedForMs - 1)
    expect(connection.status).toBe('open')
    clock.turn(1)
    await vi.waitFor(() => expect(connection.status).not.toBe('open'))
    await refused
  })

  it('sends nothing to a stranger either', async () => {
    const [member, stranger] = [await start(), await start({ certificate: async () => '' })]
    await dial(member, stranger)
    // At once, not when the connection is closed.
    await expect(ping(member, stranger)).rejects.toMatchObject({ code: 'MEMBERSHIP_MISSING' })
    expect(member.host.libp2p.getPeers()).toHaveLength(1)
  })

  it('closes the connections of a member when its certificate ends, unless it has shown a new one', async () => {
    const clock = new TurnedClock(Date.now())
    const member = await start({ clock })
    const [ending, renewing] = [await start({ clock }), await start({ clock })]
    const connections = [await dial(ending, member), await dial(renewing, member)]
    await ping(ending, member)
    await ping(renewing, member)
    clock.turn(7 * day - minute)
    await member.trust.adopt(await testCertificate(ca, member.host.peerId.toString(), ['donor'], clock.now()))
    await renewing.trust.adopt(await testCertificate(ca, renewing.host.peerId.toString(), ['donor'], clock.now()))
    await vi.waitFor(() =>
      expect(member.gate.certificateOf(renewing.host.peerId.toString())?.issuedAt).toBeGreaterThan(
        clock.now() - minute,
      ),
    )
    await vi.waitFor(() =>
      expect(renewing.gate.certificateOf(member.host.peerId.toString())?.issuedAt).toBeGreaterThan(
        clock.now() - minute,
      ),
    )
    clock.turn(5 * minute)
    await vi.waitFor(() => expect(connections.map(({ status }) => status === 'open')).toEqual([false, true]))
    await ping(renewing, member)
  })

  it('tells everybody of a revocation, who then close the connection of the revoked', async () => {
    const { member: last, clock } = await startTurned()
    const [first, middle] = [await start(), await start()]
    const revoked = await start()
    await dial(first, middle)
    await dial(last, middle)
    const connection = await dial(revoked, last)
    await ping(revoked, last)
    await ping(first, middle)
    const token = await revoke({ [revoked.host.peerId.toString()]: Math.floor(Date.now() / second) + 1 })
    expect(await first.trust.adoptRevocations(token)).toBe(true)
    await vi.waitFor(() => expect(connection.status).not.toBe('open'))
    const versions = [first, middle, last].map(({ trust }) => trust.revocationsVersion)
    expect(versions).toEqual(Array(3).fill(first.trust.revocationsVersion))
    const again = await dial(revoked, last)
    await expect(ping(last, revoked)).rejects.toMatchObject({ code: 'MEMBERSHIP_REVOKED' })
    clock.turn(unverifiedForMs)
    await vi.waitFor(() => expect(again.status).not.toBe('open'))
  })

  it('takes only newer lists, and only the CA’s', async () => {
    const { trust } = await start()
    const [older, newer] = [await revoke({}, 1_000), await revoke({}, 2_000)]
    expect(await trust.adoptRevocations(newer)).toBe(true)
    expect(await trust.adoptRevocations(older)).toBe(false)
    expect(await trust.adoptRevocations(newer)).toBe(false)
    const { networkId: net } = trust
    const forged = await signRevocations({ net, version: 3_000, revoked: {} }, await other())
    await expect(trust.adoptRevocations(forged)).rejects.toMatchObject({ code: 'MEMBERSHIP_FORGED' })
    expect(trust.revocationsVersion).toBe(2_000)
  })
})

function heldBy(member: TestMember) {
  const held = member.trust.certificate.get()
  if (held === undefined) throw new Error('expected a certificate')
  return held
}
