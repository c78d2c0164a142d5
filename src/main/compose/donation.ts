import type { Allowance } from '../../shared/schema/allowance.ts'
import type { Capabilities } from '../../shared/schema/capabilities.ts'
import type { Clock } from '../clock.ts'
import type { SettingsStore } from '../config/settings-store.ts'
import { Donation, type DonationComponents } from '../donation.ts'
import type { Lifecycle } from '../lifecycle.ts'
import type { LiveValue } from '../live-value.ts'
import type { Logger } from '../log.ts'
import type { Vpn } from '../tunnels/nebula/vpn.ts'
import type { Network } from './network.ts'
import type { PublicSide } from './public.ts'

export interface DonationParts {
  network: Network
  settings: SettingsStore
  services: DonationComponents['services']
  allowance: LiveValue<Allowance>
  capabilities: LiveValue<Capabilities>
  publicSide: PublicSide | undefined
  vpn: Vpn
  clock: Clock
  lifecycle: Lifecycle
  log: Logger
}

export interface DonationSideInit {
  coordinator: boolean
  location(): string | undefined
}

/** Makes what announces this node as its owner lets it, anew whenever a way to it has changed. */
export function composeDonation(parts: DonationParts, { coordinator, location }: DonationSideInit): Donation {
  const { network, settings, services, allowance, capabilities, publicSide, vpn, clock, lifecycle, log } = parts
  const { host, announcer } = network
  const addresses = {
    get: () => host.addresses(),
    onChange(listener: () => void) {
      const stops = [
        network.onAddressChange(listener),
        host.mode.subscribe(listener),
        vpn.state.subscribe(listener),
        publicSide?.url.subscribe(listener),
      ]
      return () => {
        for (const stop of stops) stop?.()
      }
    },
  }
  return lifecycle.add(
    'donation',
    new Donation(
      { settings, allowance, services, announcer, capabilities, addresses, clock, log },
      {
        location,
        tunnelUrl: () => publicSide?.url.get(),
        vpnIp: () => vpn.ip,
        // A coordinator is found as one.
        relays: () => !coordinator && network.relays(),
      },
    ),
  )
}
