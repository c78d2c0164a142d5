import { RmaError } from '../../shared/errors.ts'
import type { Settings } from '../../shared/schema/settings.ts'
import type { TunnelView } from '../../shared/schema/tunnel.ts'
import type { Clock } from '../clock.ts'
import type { NodeConfig } from '../config/node-config.ts'
import { proveReach } from '../dht/reach-proof.ts'
import type { OnWebSocket, ServiceServer } from '../http/service-server.ts'
import { TicketGate, type TicketTaker } from '../http/ticket-gate.ts'
import { TunnelledDoor } from '../http/tunnelled-door.ts'
import type { Lifecycle } from '../lifecycle.ts'
import { LiveValue } from '../live-value.ts'
import type { Logger } from '../log.ts'
import { CloudflaredInstall } from '../tunnels/cloudflared/install.ts'
import { findCloudflared } from '../tunnels/cloudflared/program.ts'
import { Tunnel } from '../tunnels/cloudflared/tunnel.ts'
import { SidecarNote } from '../tunnels/sidecar/sidecar-note.ts'
import type { Network } from './network.ts'

/** A worker's door for those without a node, and for those who come through a tunnel. */
export interface PublicSide {
  readonly tickets: TicketTaker
  readonly tunnel: LiveValue<TunnelView>
  /** Gets the tunnel's program onto this machine. */
  readonly cloudflared: CloudflaredInstall
  /** Where others reach the door over the web: as the owner says, or through the tunnel while it works. */
  readonly url: LiveValue<string | undefined>
  readonly onWebSocket: OnWebSocket
  /** Makes the listener and the tunnel to it, after the server that it hands its connections to. */
  open(server: ServiceServer): { readonly url: string | undefined }
}

export interface PublicParts {
  network: Network
  settings: LiveValue<Settings>
  clock: Clock
  lifecycle: Lifecycle
  log: Logger
}

/** Throws BAD_ENVIRONMENT for a TUNNEL_URL that a worker's record cannot name. */
export function composePublic(
  { network, settings, clock, lifecycle, log: nodeLog }: PublicParts,
  { config }: { config: NodeConfig },
): PublicSide {
  const { tunnelUrl, dataFolder } = config
  if (tunnelUrl !== undefined && !tunnelUrl.startsWith('https:')) {
    const variable = 'TUNNEL_URL'
    throw new RmaError('BAD_ENVIRONMENT', `${variable}: expected an https URL, got ${JSON.stringify(tunnelUrl)}`, {
      variable,
    })
  }
  const self = { networkId: network.id, peerId: network.host.peerId.toString() }
  const log = nodeLog.child({ component: 'tunnel' })
  let door: TunnelledDoor | undefined
  const tunnel = new Tunnel(
    {
      note: new SidecarNote({ log }, { dataFolder, name: 'cloudflared' }),
      proveReach: (url, signal) => proveReach(url, self, signal),
      findProgram: async signal => (await findCloudflared({ dataFolder }, signal))?.path,
      clock,
      log,
    },
    { dataFolder, localPort: () => door?.port ?? 0 },
  )
  const url = new LiveValue(tunnelUrl)
  tunnel.url.subscribe(through => url.set(through ?? tunnelUrl))
  return {
    tickets: new TicketGate(
      { clock: network.clock, isCoordinator: peerId => isCoordinator(peerId, network) },
      { networkId: self.networkId, selfId: self.peerId },
    ),
    tunnel: tunnel.state,
    cloudflared: new CloudflaredInstall({ dataFolder }, () => tunnel.programAppeared()),
    url,
    onWebSocket: (...arrival) => network.host.libp2p.services.webSocketDoor.enter(...arrival),
    open(server) {
      door = lifecycle.add('public listener', new TunnelledDoor({ server, tunnel, settings }, config.publicListener))
      return door
    },
  }
}

/** One that is not known may have come a moment ago. */
async function isCoordinator(peerId: string, network: Network): Promise<boolean> {
  if (isKnownCoordinator(peerId, network)) return true
  await network.lookForCoordinators()
  return isKnownCoordinator(peerId, network)
}

/** Certified where the network has a CA; elsewhere known as one, which proves no more than that it says so. */
function isKnownCoordinator(peerId: string, { members, coordinators }: Network): boolean {
  if (members !== undefined) return members.known.rolesOf(peerId).includes('coordinator')
  return coordinators().some(each => each.peerId === peerId)
}
