import { pino } from 'pino'
import { expect, it, vi } from 'vitest'
import { generateCaKey } from '../../shared/membership/ca-key.ts'
import { networkId } from '../../shared/membership/network-id.ts'
import { signRevocations } from '../../shared/membership/revocations.ts'
import { minute, second } from '../../shared/units.ts'
import { systemClock } from '../clock.ts'
import { createDirectory, type Directory } from '../directory/directory.ts'
import { coordinatorsKey, serviceKey } from '../directory/keys.ts'
import { Sequence } from '../directory/sequence.ts'
import { memoryStore, ocrDraft } from '../directory/test-network.ts'
import { KnownMembers } from './known-members.ts'
import { membersOfTests, type TestMember, type TestMemberInit, testCertificate, testNetwork } from './test-member.ts'

const log = pino({ level: 'silent' })
const ca = await generateCaKey()
interface Node extends TestMember {
  directory: Directory
  known: KnownMembers
}

const startInNetwork = membersOfTests({ ca })

/** As the composition root makes them, with a directory. */
async function start(init: Partial<TestMemberInit>): Promise<Node> {
  const member = await startInNetwork(init)
  const { trust, gate, host, privateKey, lifecycle } = member
  const known = new KnownMembers({ trust })
  gate.onMember(certificate => known.add(certificate))
  const directory = createDirectory(
    {
      host,
      privateKey,
      sequence: new Sequence({ store: memoryStore(), clock: systemClock, log }),
      clock: systemClock,
      log,
      hasRole: (peerId, role) => known.rolesOf(peerId).includes(role),
      certificates: { of: peerId => known.certificateOf(peerId)?.token, learn: tokens => known.addAll(tokens) },
    },
    { heartbeatIntervalMs: 30 * second, workerTtlMs: 5 * minute, cacheTtlMs: minute, maxWorkers: 50 },
  )
  await directory.start()
  lifecycle.add('directory', { start: () => undefined, stop: () => directory.stop() })
  return { ...member, directory, known }
}

const idOf = (node: TestMember) => node.host.peerId.toString()
const dial = (from: Node, to: Node) => from.host.libp2p.dial(to.host.libp2p.getMultiaddrs())

it('hears the roles of workers it is not connected with from the registrar that names them', async () => {
  const registrar = await start({ roles: ['coordinator'] })
  const worker = await start({ roles: ['donor', 'trusted'], mode: 'client' })
  const requester = await start({ roles: ['requester'], mode: 'client' })
  await dial(worker, registrar)
  await dial(requester, registrar)
  worker.directory.announcer.update(ocrDraft())
  await vi.waitFor(async () => {
    const found = await requester.directory.finder.find(serviceKey('ocr'))
    expect(JSON.stringify(found)).toContain(idOf(worker))
  })
  expect(requester.host.libp2p.getConnections(worker.host.peerId)).toHaveLength(0)
  expect(requester.known.rolesOf(idOf(worker))).toEqual(['donor', 'trusted'])
})

it('keeps the keys of services for members alone that the CA lets donate, coordinators included', async () => {
  const registrar = await start({ roles: ['donor'] })
  const [donor, others] = [
    await start({ roles: ['donor'] }),
    [await start({ roles: ['requester'] }), await start({ roles: ['coordinator'] })],
  ]
  let announced = 0
  registrar.directory.onAnnounced(() => announced++)
  for (const [index, node] of [...others, donor].entries()) {
    await dial(node, registrar)
    node.directory.announcer.update(ocrDraft())
    await vi.waitFor(() => expect(announced).toBeGreaterThan(index))
  }
  await vi.waitFor(async () => {
    expect(JSON.stringify(await registrar.directory.finder.find(serviceKey('ocr')))).toContain(idOf(donor))
  })
  const found = JSON.stringify(await registrar.directory.finder.find(serviceKey('ocr')))
  for (const node of others) {
    expect(found).not.toContain(idOf(node))
    expect(registrar.directory.registry.stored(idOf(node))).toBeUndefined()
  }
})

it('keeps coordinators’ keys for those alone whom the CA has certified as such', async () => {
  const registrar = await start({ roles: ['donor'] })
  const [real, pretender] = [await start({ roles: ['coordinator', 'donor'] }), await start({ roles: ['donor'] })]
  await dial(real, registrar)
  await dial(pretender, registrar)
  for (const node of [real, pretender]) {
    const capabilities = { ...ocrDraft().capabilities, workerType: 'coordinator' as const }
    node.directory.announcer.update(ocrDraft({ capabilities }))
  }
  await vi.waitFor(async () => {
    const found = JSON.stringify(await registrar.directory.finder.find(serviceKey('ocr')))
    expect(found).toContain(idOf(real))
    expect(found).toContain(idOf(pretender))
  })
  const coordinators = JSON.stringify(await registrar.directory.finder.find(coordinatorsKey()))
  expect(coordinators).toContain(idOf(real))
  expect(coordinators).not.toContain(idOf(pretender))
})

it('takes in only what the CA has signed, and forgets what no longer counts', async () => {
  const { known, trust } = await start({ roles: ['donor'] })
  const peer = '12D3KooWQYhTNQdmr3ArTeUHRYzFg94BKyTkoWBDWez9kSCVe2Xo'
  await known.addAll([await testCertificate(await generateCaKey(), peer, ['trusted']), 'nonsense'])
  expect(known.rolesOf(peer)).toEqual([])
  await known.addAll([await testCertificate(ca, peer, ['trusted'])])
  expect(known.rolesOf(peer)).toEqual(['trusted'])
  const net = networkId(testNetwork, ca.publicKey)
  const revoked = { [peer]: Math.ceil(Date.now() / second) }
  await trust.adoptRevocations(await signRevocations({ net, version: 1, revoked }, ca))
  expect(known.rolesOf(peer)).toEqual([])
  expect(known.rolesOf(trust.selfId)).toEqual(['donor'])
})
