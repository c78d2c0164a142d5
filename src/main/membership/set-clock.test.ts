import { generateKeyPair } from '@libp2p/crypto/keys'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { temporaryFolder } from '../../../e2e/support/temporary-folder.ts'
import { day, hour, minute } from '../../shared/units.ts'
import { type Clock, TurnedClock } from '../clock.ts'
import { startAuthority, type TestAuthority, TestPeer } from '../coordinator/ca/test-authority.ts'
import { Renewer } from './renewer.ts'
import { Trust } from './trust.ts'
import { VpnLeases } from './vpn-leases.ts'

const log = pino({ level: 'silent' })
let clock: TurnedClock
let ca: TestAuthority
let folder: Awaited<ReturnType<typeof temporaryFolder>>

/** Corrected by others: the time that this machine's clock does not show. */
const right = () => clock.steady()

beforeEach(async () => {
  clock = new TurnedClock(Date.now())
  ca = await startAuthority({ now: right, steady: right } as Clock)
  folder = await temporaryFolder()
})
afterEach(async () => {
  await ca.stop()
  await folder.remove()
})

function trustOf(selfId: string): Trust {
  const { networkId, caPublicKey } = ca.authority
  const file = { read: async () => ({}), write: async () => undefined }
  return new Trust({ file, now: right, log }, { selfId, networkId, caPublicKey })
}

describe('on a machine whose clock is set back', () => {
  it('a place in the VPN is renewed in time', async () => {
    ca.authority.setPolicy('open')
    clock.set(2 * day)
    const peer = await TestPeer.make()
    const leases = new VpnLeases({ trust: trustOf(peer.peerId), now: right, clock, log }, { dataFolder: folder.path })
    await leases.start()
    leases.askBy(async () => {
      const request = await peer.request(ca.authority, right(), { vpnKey: leases.askWith ?? '' })
      const answer = await ca.authority.enrol(request)
      if (answer.status === 'member') await leases.take(answer.vpn ?? '')
    })
    await leases.want()
    await vi.waitFor(() => expect(leases.lease.get()).toBeDefined())
    const first = leases.lease.get()?.issuedAt ?? 0
    clock.set(-2 * day)
    clock.turn(17 * hour)
    await vi.waitFor(() => {
      clock.turn(minute)
      expect(leases.lease.get()?.issuedAt).toBeGreaterThan(first)
    })
    leases.stop()
  })

  it('who waits for the operator asks again a few minutes later', async () => {
    ca.authority.setPolicy('approval')
    const privateKey = await generateKeyPair('Ed25519')
    const trust = trustOf(privateKey.publicKey.toString())
    const ways = () => [{ name: 'ca', enrol: (request: unknown) => ca.authority.enrol(request) }]
    clock.set(2 * minute)
    const renewer = new Renewer({ trust, privateKey, ways, clock, log })
    renewer.start()
    await vi.waitFor(() => expect(renewer.membership.get().kind).toBe('pending'))
    ca.authority.approve(trust.selfId)
    clock.set(-day)
    const asked = vi.spyOn(ca.authority, 'enrol')
    clock.turn(10 * minute)
    await vi.waitFor(() => expect(asked).toHaveBeenCalled())
    renewer.stop()
  })
})
