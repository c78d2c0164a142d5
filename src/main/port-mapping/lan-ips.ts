import { ipReach } from '../paths/ip-reach.ts'
import { isVpnAddress } from '../paths/path-kind.ts'

/** Addresses by which a router on the same LAN knows this machine. Pure. */
export function lanIpsOf(ips: readonly string[]): string[] {
  return ips.filter(ip => !ip.includes(':') && ipReach(ip) === 'private' && !isVpnAddress(ip))
}
