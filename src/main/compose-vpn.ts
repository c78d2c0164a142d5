import type { Lighthouse } from '../shared/membership/vpn-lease.ts'
import type { Clock } from './clock.ts'
import type { Network } from './compose-network.ts'
import type { SettingsStore } from './config/settings-store.ts'
import type { Lifecycle } from './lifecycle.ts'
import type { Logger } from './log.ts'
import type { VpnLeases } from './membership/vpn-leases.ts'
import { lighthousePort } from './tunnels/nebula/nebula-config.ts'
import { Vpn, type VpnPlaces } from './tunnels/nebula/vpn.ts'

/** As many as a lease names. */
const maxEndpoints = 4

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
      clock,
      log: log.child({ component: 'vpn' }),
    },
    { dataFolder, lighthouse: coordinator, ...deviceName(host.peerId.toString()) },
  )
  members?.nameLighthouses(() => lighthouses(members.vpn, host.addresses()))
  return lifecycle.add('vpn', vpn)
}

/** This coordinator, where it takes part, at the addresses that others have for it. */
function lighthouses({ lease }: VpnLeases, addresses: readonly string[]): Lighthouse[] {
  const ip = lease.get()?.ip
  const places = addresses.flatMap(address => /^\/(?:ip4|dns4|dns)\/([^/]+)\/tcp\//.exec(address)?.[1] ?? [])
  const endpoints = [...new Set(places)].slice(0, maxEndpoints).map(place => `${place}:${lighthousePort}`)
  return ip === undefined || endpoints.length === 0 ? [] : [{ ip, endpoints }]
}

function placesOf(leases: VpnLeases, { revocations }: NonNullable<Network['members']>['trust']): VpnPlaces {
  return {
    lease: leases.lease,
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
