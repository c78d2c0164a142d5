import { RmaError } from '../shared/errors.ts'
import type { Network } from './compose-network.ts'
import type { NodeConfig } from './config/node-config.ts'
import { PublicListener } from './http/public-listener.ts'
import type { ServiceServer } from './http/service-server.ts'
import { TicketGate, type TicketTaker } from './http/ticket-gate.ts'
import type { Lifecycle } from './lifecycle.ts'

/** A worker's door for those without a node. */
export interface PublicSide {
  readonly tickets: TicketTaker
  /** Makes the listener and adds it to the lifecycle, after the server that it hands its connections to. */
  open(server: ServiceServer): PublicListener
}

/** Throws BAD_ENVIRONMENT for a TUNNEL_URL that a worker's record cannot name. */
export function composePublic(
  { network, lifecycle }: { network: Network; lifecycle: Lifecycle },
  { config }: { config: NodeConfig },
): PublicSide | undefined {
  const { publicListener, tunnelUrl } = config
  if (publicListener === undefined) return undefined
  if (tunnelUrl !== undefined && !tunnelUrl.startsWith('https:')) {
    const variable = 'TUNNEL_URL'
    throw new RmaError('BAD_ENVIRONMENT', `${variable}: expected an https URL, got ${JSON.stringify(tunnelUrl)}`, {
      variable,
    })
  }
  return {
    tickets: new TicketGate(
      { clock: network.clock, isCoordinator: peerId => isCoordinator(peerId, network) },
      { networkId: network.id, selfId: network.host.peerId.toString() },
    ),
    open: server => lifecycle.add('public listener', new PublicListener({ server }, publicListener)),
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
