import type { Diagnosis } from '../../shared/schema/diagnosis.ts'
import type { Settings } from '../../shared/schema/settings.ts'
import type { TunnelView } from '../../shared/schema/tunnel.ts'
import type { VpnState } from '../../shared/schema/vpn.ts'
import type { Clock } from '../clock.ts'
import type { NodeConfig } from '../config/node-config.ts'
import { diagnose } from '../dht/diagnosis.ts'
import { IncomingWatch } from '../dht/incoming-watch.ts'
import { FirewallWatch } from '../firewall/firewall-watch.ts'
import { askFirewall } from '../firewall/windows-firewall.ts'
import type { Lifecycle } from '../lifecycle.ts'
import type { Logger } from '../log.ts'
import { machineAddresses } from '../paths/machine-addresses.ts'
import type { Network } from './network.ts'

export interface DiagnosisComponents {
  network: Network
  /** The listener for programs on this machine. */
  server: { readonly port: number }
  clock: Clock
  lifecycle: Lifecycle
  log: Logger
}

export interface DiagnosisInit {
  config: NodeConfig
  settings: () => Settings
  mdns: boolean
  tunnel: () => TunnelView
  vpn: () => VpnState
}

/** Watches what keeps others from this node, and says on demand why it can or cannot take part. */
export function composeDiagnosis(
  { network, server, clock, lifecycle, log }: DiagnosisComponents,
  { config, settings, mdns, tunnel, vpn }: DiagnosisInit,
): () => Diagnosis {
  const { host } = network
  const incoming = lifecycle.add('watch for who comes in', new IncomingWatch({ libp2p: host.libp2p, clock }))
  const firewall = lifecycle.add(
    'watch of the firewall',
    new FirewallWatch(
      { clock, log },
      { ask: process.platform === 'win32' ? () => askFirewall(process.execPath, process.env) : undefined },
    ),
  )
  return () =>
    diagnose({
      join: network.join.get(),
      mdns,
      addresses: host.addresses(),
      ips: machineAddresses(),
      mode: host.mode.get(),
      incoming: incoming.state,
      firewall: firewall.state,
      portMapping: network.portMapping.get(),
      ports: [
        { use: 'nodes', wanted: config.ports.dht.port, inUse: host.port },
        { use: 'programs', wanted: config.ports.service.port, inUse: server.port },
      ],
      clock: network.greeter.state.get(),
      membership: network.membership.get(),
      tunnel: tunnel(),
      vpn: vpn(),
      heldBy: settings().donating ? network.announcer.heldBy : undefined,
    })
}
