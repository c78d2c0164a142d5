import type { Clock } from '../clock.ts'
import type { SettingsStore } from '../config/settings-store.ts'
import type { Lifecycle } from '../lifecycle.ts'
import type { Logger } from '../log.ts'
import type { VpnLeases } from '../membership/vpn-leases.ts'
import { findNebula } from '../tunnels/nebula/find-nebula.ts'
import { lighthouses } from '../tunnels/nebula/lighthouses.ts'
import { Vpn, type VpnPlaces } from '../tunnels/nebula/vpn.ts'
import type { Network } from './network.ts'

export interface VpnSideComponents {
  network: Network
  settings: SettingsStore
  clock: Clock
  lifecycle: Lifecycle
  log: Logger
}

export interface VpnSideInit {
  dataFolder: string
  coordinator: boolean
}

/** Makes the node's part in the VPN and adds it to the lifecycle; a coordinator tells members where the others are. */
export function composeVpn(components: VpnSideComponents, { dataFolder, coordinator }: VpnSideInit): Vpn {
  const { network, settings, clock, lifecycle, log } = components
  const { host, members } = network
  const enabled = settings.settings
  const vpn = new Vpn(
    {
      leases: members === undefined ? undefined : placesOf(members.vpn, members.trust),
      enabled: { get: () => enabled.get().vpn.enabled, subscribe: listener => onSwitch(enabled, listener) },
      host,
      findProgram: () => findNebula({ dataFolder, path: process.env.PATH ?? '', platform: process.platform }),
      clock,
      log: log.child({ component: 'vpn' }),
    },
    { dataFolder, lighthouse: coordinator, ...deviceName(host.peerId.toString()) },
  )
  members?.nameLighthouses(() =>
    lighthouses([
      { ip: members.vpn.lease.get()?.ip, addresses: host.addresses() },
      ...network.coordinators().map(({ peerId, vpnIp, addresses }) => {
        const certificate = members.known.certificateOf(peerId)
        const isLighthouse = certificate?.roles.includes('coordinator') === true && certificate.vpnIp === vpnIp
        return { ip: isLighthouse ? vpnIp : undefined, addresses }
      }),
    ]),
  )
  return lifecycle.add('vpn', vpn)
}

function placesOf(leases: VpnLeases, { revocations }: NonNullable<Network['members']>['trust']): VpnPlaces {
  return {
    lease: leases.lease,
    get loss() {
      return leases.loss
    },
    revoked: { get: () => revocations.get()?.revoked ?? {}, subscribe: listener => revocations.subscribe(listener) },
    get privateKeyPem() {
      return leases.privateKeyPem
    },
    want: () => leases.want(),
    unwant: () => leases.unwant(),
  }
}

/** Tells once for each turn of the switch, not for each change of settings. */
function onSwitch(settings: SettingsStore['settings'], listener: (enabled: boolean) => void): () => void {
  let before = settings.get().vpn.enabled
  return settings.subscribe(({ vpn: { enabled } }) => {
    if (enabled === before) return
    before = enabled
    listener(enabled)
  })
}

/** On Linux one card a node; elsewhere the system names it. */
function deviceName(peerId: string): { device?: string } {
  return process.platform === 'linux' ? { device: `rma-${peerId.slice(-8)}` } : {}
}
