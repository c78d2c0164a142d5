import { describe, expect, it, vi } from 'vitest'
import { generateCaKey } from '../../shared/membership/ca-key.ts'
import type { WorkerRegistration } from '../../shared/schema/coordinator-api.ts'
import { minute, second } from '../../shared/units.ts'
import { systemClock } from '../clock.ts'
import { KnownMembers } from '../membership/known-members.ts'
import { membersOfTests, type TestMember } from '../membership/test-member.ts'
import { mayServe, withRegistered } from './known-workers.ts'
import { noWorkers } from './test-workers.ts'
import { WorkerRegistry } from './worker-registry.ts'

const ca = await generateCaKey()
const start = membersOfTests({ ca })

/** A coordinator with its registry, as they are made of a node's parts. */
async function startCoordinator(init: { open: boolean }) {
  const { host, trust, gate } = await start({ roles: ['coordinator'] })
  const known = new KnownMembers({ trust })
  gate.onMember(certificate => known.add(certificate))
  const may = mayServe(host, init.open ? undefined : known)
  const registry = new WorkerRegistry({ clock: systemClock, mayServe: may }, { ttlMs: 5 * minute })
  const workers = withRegistered(noWorkers, registry)
  const signal = AbortSignal.timeout(minute)
  const named = async () => (await workers.lookup('ocr', { signal })).workers.map(({ peerId }) => peerId)
  return { host, known, registry, named }
}

function registration(worker: TestMember): WorkerRegistration {
  return {
    worker_id: idOf(worker),
    vpn_ip: null,
    tunnel_url: 'https://worker.example.org',
    services: ['ocr'],
    capabilities: { has_gpu: false, gpu_type: null, worker_type: 'headless' },
    load: 0,
  }
}

const idOf = ({ host }: TestMember) => host.peerId.toString()

describe('a worker that registers over HTTP', () => {
  it('is sent something where it is a member that may donate, as long as it is connected', async () => {
    const coordinator = await startCoordinator({ open: false })
    const donor = await start({ roles: ['donor'] })
    const requester = await start({ roles: ['requester'] })
    const stranger = await start({ unverifiedForMs: minute })
    for (const each of [donor, requester, stranger])
      await each.host.libp2p.dial(coordinator.host.libp2p.getMultiaddrs())
    await vi.waitFor(() => expect(coordinator.known.rolesOf(idOf(requester))).toEqual(['requester']))
    await vi.waitFor(() => expect(coordinator.known.rolesOf(idOf(donor))).toEqual(['donor']))
    // The gate closes its connection in a moment.
    await vi.waitFor(() => expect(coordinator.host.libp2p.getConnections(stranger.host.peerId)).toHaveLength(1))
    const answered = [donor, requester, stranger].map(each => {
      const { peerId } = coordinator.registry.register(registration(each), Date.now())
      return coordinator.registry.mayServe(peerId)
    })
    expect(answered).toEqual([true, false, false])
    expect([coordinator.registry.size, await coordinator.named()]).toEqual([1, [idOf(donor)]])
    await donor.host.libp2p.hangUp(coordinator.host.peerId)
    await vi.waitFor(async () => expect(await coordinator.named()).toEqual([]))
  })

  it('may be anybody in an open network, once it is connected', async () => {
    const coordinator = await startCoordinator({ open: true })
    const worker = await start({ unverifiedForMs: 20 * second })
    coordinator.registry.register(registration(worker), 1)
    expect(coordinator.registry.size).toBe(0)
    await worker.host.libp2p.dial(coordinator.host.libp2p.getMultiaddrs())
    await vi.waitFor(() => expect(coordinator.registry.mayServe(idOf(worker))).toBe(true))
    coordinator.registry.register(registration(worker), 2)
    expect(await coordinator.named()).toEqual([idOf(worker)])
  })
})
