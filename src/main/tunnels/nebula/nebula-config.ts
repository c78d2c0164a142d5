import type { Lighthouse, VpnLease } from '../../../shared/membership/vpn-lease.ts'

/** Nebula's own; a lighthouse has to be found at a fixed one. */
export const lighthousePort = 4242

export interface NebulaConfigInit {
  lease: Pick<VpnLease, 'ip' | 'authority' | 'certificate' | 'lighthouses'>
  /** Path of a file for its owner alone. */
  keyPath: string
  /** TCP port of this node's peer-to-peer host. */
  peerPort: number
  /** Tells others where everybody is, and has no network card in the VPN: that needs no privilege. */
  lighthouse: boolean
  /** SHA-256 of certificates that were taken back, in hex. */
  blocked: readonly string[]
  /** Name of the network card; missing where the system chooses it. */
  device?: string
}

/**
 * Nebula's configuration; JSON is YAML. Others may reach the peer-to-peer port and nothing else, whatever this machine listens
 * on. Pure.
 */
export function nebulaConfig(init: NebulaConfigInit): object {
  const { lease, keyPath, peerPort, lighthouse, blocked, device } = init
  const others = lighthouse ? [] : lease.lighthouses
  return {
    pki: {
      ca: lease.authority,
      cert: lease.certificate,
      key: keyPath,
      blocklist: [...blocked],
      disconnect_invalid: true,
    },
    static_host_map: Object.fromEntries(others.map(({ ip, endpoints }: Lighthouse) => [ip, endpoints])),
    lighthouse: { am_lighthouse: lighthouse, interval: 60, hosts: others.map(({ ip }) => ip) },
    listen: { host: '0.0.0.0', port: lighthouse ? lighthousePort : 0 },
    punchy: { punch: true, respond: true },
    tun: lighthouse
      ? { disabled: true }
      : { disabled: false, ...(device === undefined ? {} : { dev: device }), mtu: 1300 },
    logging: { level: 'info', format: 'json' },
    firewall: {
      outbound: [{ port: 'any', proto: 'any', host: 'any' }],
      inbound: lighthouse ? [] : [{ port: peerPort, proto: 'tcp', host: 'any' }],
    },
  }
}
