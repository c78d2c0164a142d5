import type { Ed25519PrivateKey } from '@libp2p/interface'
import { networkId } from '../../shared/membership/network-id.ts'
import type { Lighthouse } from '../../shared/membership/vpn-lease.ts'
import type { Membership } from '../../shared/schema/membership.ts'
import type { Clock } from '../clock.ts'
import { MembershipAuthority } from '../coordinator/ca/authority.ts'
import { findCaKey } from '../coordinator/ca/ca-file.ts'
import { MembershipStore } from '../coordinator/ca/membership-store.ts'
import type { Host } from '../dht/host.ts'
import { protocolNames } from '../dht/network.ts'
import type { Lifecycle } from '../lifecycle.ts'
import type { LiveValue } from '../live-value.ts'
import type { Logger } from '../log.ts'
import { followAuthority } from '../membership/authority-link.ts'
import { MemberGate } from '../membership/gate.ts'
import { KnownMembers } from '../membership/known-members.ts'
import { MembershipFile } from '../membership/membership-file.ts'
import { MembershipProtocol } from '../membership/membership-protocol.ts'
import { renewalRelay } from '../membership/renewal-relay.ts'
import { Renewer } from '../membership/renewer.ts'
import { Trust } from '../membership/trust.ts'
import { VpnLeases } from '../membership/vpn-leases.ts'
import { Ways } from '../membership/ways.ts'

export interface MembershipComponents {
  privateKey: Ed25519PrivateKey
  /** This machine's own clock. */
  clock: Clock
  lifecycle: Lifecycle
  log: Logger
}

export interface MembershipInit {
  dataFolder: string
  network: { name: string; caPublicKey: string }
  /** HTTP addresses of coordinators. */
  coordinatorUrls: () => readonly string[]
  /** Signs certificates itself where the data folder holds the network's CA key. */
  coordinator: boolean
}

/** This node's part in a network with a CA, while the node is being put together. */
export interface MembershipSide {
  readonly trust: Trust
  readonly gate: MemberGate
  /** Roles and certificates of members, connected or not. */
  readonly known: KnownMembers
  /** Where this node signs certificates itself. */
  readonly authority: MembershipAuthority | undefined
  /** This node's place in the VPN. */
  readonly vpn: VpnLeases
  /** Who this node, where it signs certificates, names to members of the VPN. */
  nameLighthouses(source: () => readonly Lighthouse[]): void
  /** Makes what needs the host, and adds it to the lifecycle. `clock`: corrected by what the others' clocks say. */
  attach(host: Host, clock: Clock): { membership: LiveValue<Membership> }
}

/** Makes the side of a node that knows who is a member; the host is made with its gate. Rejects with CA_UNUSABLE. */
export async function composeMembership(
  components: MembershipComponents,
  init: MembershipInit,
): Promise<MembershipSide> {
  const { privateKey, clock, lifecycle } = components
  const { dataFolder, network } = init
  const log = components.log.child({ component: 'membership' })
  let networkClock = clock
  let lighthouses: () => readonly Lighthouse[] = () => []
  const id = networkId(network.name, network.caPublicKey)
  const selfId = privateKey.publicKey.toString()
  const authority = init.coordinator
    ? await composeAuthority(components, init, { now: () => networkClock.now(), lighthouses: () => lighthouses() })
    : undefined
  const trust = lifecycle.add(
    'membership',
    new Trust(
      { file: new MembershipFile(dataFolder, id), now: () => networkClock.now(), log },
      { selfId, networkId: id, caPublicKey: network.caPublicKey },
    ),
  )
  const vpn = new VpnLeases({ trust, now: () => networkClock.now(), clock, log }, { dataFolder })
  const { hello, membership } = protocolNames(id)
  const gate = lifecycle.add(
    'member gate',
    new MemberGate({ trust, clock, log }, { openProtocols: [hello, membership] }),
  )
  const known = new KnownMembers({ trust })
  gate.onMember(certificate => known.add(certificate))
  return {
    trust,
    gate,
    known,
    authority,
    vpn,
    nameLighthouses(source) {
      lighthouses = source
    },
    attach(host, corrected) {
      networkClock = corrected
      const ways = new Ways({ host, gate, coordinatorUrls: init.coordinatorUrls })
      const own = authority === undefined ? undefined : followAuthority({ authority, trust, log })
      const answer = own?.answer ?? renewalRelay({ trust, ways: () => ways.direct() })
      lifecycle.add('membership protocol', new MembershipProtocol({ host, answer, clock, log }))
      if (own !== undefined) lifecycle.add('membership authority', own)
      const renewer = lifecycle.add(
        'renewal',
        new Renewer({
          trust,
          privateKey,
          ways: () => (own === undefined ? ways.all() : [own.way]),
          vpn,
          clock: corrected,
          log,
        }),
      )
      vpn.askBy(() => renewer.renewAnew())
      lifecycle.add('places in the VPN', vpn)
      gate.onMember((_, { connection, late }) => {
        renewer.wayOpened()
        // What libp2p asked on connecting was refused then, and it does not ask again by itself.
        if (late)
          host.libp2p.services.identify
            .identify(connection)
            .catch(error => log.debug({ err: error }, 'a member that was let in late could not be identified'))
      })
      return { membership: renewer.membership }
    },
  }
}

/** None where the folder has no CA key: then this is a coordinator whom another one admits. */
async function composeAuthority(
  { lifecycle, log }: MembershipComponents,
  { dataFolder, network }: MembershipInit,
  { now, lighthouses }: { now: () => number; lighthouses: () => readonly Lighthouse[] },
): Promise<MembershipAuthority | undefined> {
  const key = await findCaKey(dataFolder)
  if (key?.publicKey !== network.caPublicKey) return undefined
  const store = lifecycle.add('members', new MembershipStore(dataFolder))
  const components = { store, key, clock: { now }, log: log.child({ component: 'ca' }) }
  return lifecycle.add(
    'certificate authority',
    new MembershipAuthority(components, { network: network.name, lighthouses }),
  )
}
