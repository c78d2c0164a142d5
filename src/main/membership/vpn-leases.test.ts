import { pino } from 'pino'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { temporaryFolder } from '../../../e2e/support/temporary-folder.ts'
import { hour, minute } from '../../shared/units.ts'
import { TurnedClock } from '../clock.ts'
import { startAuthority, type TestAuthority, TestPeer } from '../coordinator/ca/test-authority.ts'
import { MembershipFile } from './membership-file.ts'
import { Trust } from './trust.ts'
import { VpnLeases } from './vpn-leases.ts'

const log = pino({ level: 'silent' })
let clock: TurnedClock
let ca: TestAuthority
let peer: TestPeer
let trust: Trust
let leases: VpnLeases
const undo: (() => unknown)[] = []

beforeEach(async () => {
  clock = new TurnedClock(Date.now())
  ca = await startAuthority(clock)
  undo.push(() => ca.stop())
  ca.authority.setPolicy('open')
  const { path: dataFolder, remove } = await temporaryFolder()
  undo.push(remove)
  peer = await TestPeer.make()
  const { networkId, caPublicKey } = ca.authority
  const file = new MembershipFile(dataFolder, networkId)
  trust = new Trust({ file, now: () => clock.now(), log }, { selfId: peer.peerId, networkId, caPublicKey })
  leases = new VpnLeases({ trust, now: () => clock.now(), clock, log }, { dataFolder })
  await leases.start()
  undo.push(
    () => trust.stop(),
    () => leases.stop(),
  )
  leases.askBy(async () => {
    const request = await peer.request(ca.authority, clock.now(), { vpnKey: leases.askWith ?? '' })
    const answer = await ca.authority.enrol(request)
    if (answer.status === 'member') await leases.take(answer.vpn ?? '')
  })
  await leases.want()
  await vi.waitFor(() => expect(leases.lease.get()?.ip).toMatch(/^10\.42\./))
})

afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step()
})

it('a place in the VPN ends with its certificate where no coordinator gives a new one', () => {
  leases.askBy(() => Promise.reject(new Error('no coordinator could be reached')))
  clock.turn(23 * hour + 59 * minute)
  expect([leases.lease.get()?.peer, leases.loss]).toEqual([peer.peerId, undefined])
  clock.turn(2 * minute)
  expect([leases.lease.get(), leases.loss]).toEqual([undefined, 'expired'])
})

it('it ends at once for a member that was taken out, and is had again by one that was admitted again', async () => {
  const before = leases.lease.get()?.ip
  await ca.authority.revoke(peer.peerId)
  await trust.adoptRevocations(ca.authority.revocations.get() ?? '')
  expect([leases.lease.get(), leases.loss]).toEqual([undefined, 'blocked'])
  ca.authority.reinstate(peer.peerId)
  // Minute by minute: a request that is dated more than five minutes from the coordinator's clock is refused.
  await vi.waitFor(() => {
    clock.turn(minute)
    expect(leases.lease.get()?.ip).toBe(before)
  })
  expect(leases.loss).toBeUndefined()
})
