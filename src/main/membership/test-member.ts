import { generateKeyPair } from '@libp2p/crypto/keys'
import type { Ed25519PrivateKey } from '@libp2p/interface'
import { pino } from 'pino'
import { onTestFinished } from 'vitest'
import { temporaryFolder } from '../../../e2e/support/temporary-folder.ts'
import type { CaKey } from '../../shared/membership/ca-key.ts'
import { issueCertificate, type Role } from '../../shared/membership/certificate.ts'
import { networkId } from '../../shared/membership/network-id.ts'
import { day } from '../../shared/units.ts'
import { type Clock, systemClock } from '../clock.ts'
import { Greeter } from '../dht/hello.ts'
import { createHost, type Host } from '../dht/host.ts'
import { protocolNames } from '../dht/network.ts'
import { Lifecycle } from '../lifecycle.ts'
import { MemberGate } from './gate.ts'
import { MembershipFile } from './membership-file.ts'
import { Trust } from './trust.ts'

const log = pino({ level: 'silent' })
export const testNetwork = 'charity'

export interface TestMember {
  host: Host
  trust: Trust
  gate: MemberGate
  greeter: Greeter
  privateKey: Ed25519PrivateKey
  folder: string
  /** What else is to be stopped with it. */
  lifecycle: Lifecycle
  stop(): Promise<void>
}

export interface TestMemberInit {
  ca: CaKey
  /** Left out: it has no certificate. */
  roles?: Role[]
  certificate?: (draft: { peerId: string; networkId: string }) => Promise<string>
  clock?: Clock
  unverifiedForMs?: number
  mode?: 'server' | 'client'
}

/** A certificate as the CA issues it, counting from now. */
export function testCertificate(
  ca: CaKey,
  peerId: string,
  roles: Role[] = ['donor'],
  now = Date.now(),
): Promise<string> {
  const request = { peerId, networkId: networkId(testNetwork, ca.publicKey), roles, issuedAt: now, lifeMs: 7 * day }
  return issueCertificate(request, ca)
}

/** Starts members that stop with the test that started them. */
export function membersOfTests(usual: TestMemberInit): (init?: Partial<TestMemberInit>) => Promise<TestMember> {
  return async (init = {}) => {
    const member = await startMember({ ...usual, ...init })
    onTestFinished(() => member.stop())
    return member
  }
}

/** A real host on loopback, in a network with a CA. */
export async function startMember(init: TestMemberInit): Promise<TestMember> {
  const { ca, roles, clock = systemClock, unverifiedForMs } = init
  const { path: folder, remove } = await temporaryFolder()
  const privateKey = await generateKeyPair('Ed25519')
  const selfId = privateKey.publicKey.toString()
  const id = networkId(testNetwork, ca.publicKey)
  const file = new MembershipFile(folder, id)
  const token = await (init.certificate?.({ peerId: selfId, networkId: id }) ??
    (roles === undefined ? undefined : testCertificate(ca, selfId, roles, clock.now())))
  if (token !== undefined) await file.write({ certificate: token })
  const trust = new Trust({ file, now: () => clock.now(), log }, { selfId, networkId: id, caPublicKey: ca.publicKey })
  const protocols = protocolNames(id)
  const gate = new MemberGate(
    { trust, clock, log },
    {
      openProtocols: [protocols.hello, protocols.membership],
      ...(unverifiedForMs === undefined ? {} : { unverifiedForMs }),
    },
  )
  const host = await createHost(
    { privateKey, log },
    {
      networkId: id,
      port: { port: 0, explicit: true },
      listen: ['127.0.0.1'],
      mdns: false,
      relaxedLimits: true,
      gate: gate.middleware,
      mode: init.mode ?? 'server',
    },
  )
  const greeter = new Greeter({ host, clock, log, membership: { trust, gate } })
  const lifecycle = new Lifecycle()
  lifecycle.add('trust', trust)
  lifecycle.add('gate', gate)
  lifecycle.add('host', host)
  lifecycle.add('greeter', greeter)
  await lifecycle.start()
  const stop = async () => {
    await lifecycle.stop()
    await remove()
  }
  return { host, trust, gate, greeter, privateKey, folder, lifecycle, stop }
}
