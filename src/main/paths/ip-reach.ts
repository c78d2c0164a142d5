import { BlockList, isIP } from 'node:net'

/** Where an IP address can lead: nowhere one may connect to, to this machine, into a private network, or anywhere. */
export type IpReach = 'nowhere' | 'loopback' | 'private' | 'public'

/** Private networks; two machines may reach each other when both have an address in the same one. */
const privateBlocks = [
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  // Shared by the customers of one provider, and by some VPNs.
  ['100.64.0.0', 10],
  ['fc00::', 7],
] as const
const loopbacks = [
  ['127.0.0.0', 8],
  ['::1', 128],
] as const
/**
 * Unspecified, link-local (where clouds keep their metadata), multicast, reserved, documentation; and IPv6 forms that hide an
 * IPv4 address, so that each address is looked at in one form only.
 */
const nowhere = [
  ['0.0.0.0', 8],
  ['169.254.0.0', 16],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
  ['::', 128],
  ['::ffff:0:0', 96],
  ['64:ff9b::', 96],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['fe80::', 10],
  ['ff00::', 8],
] as const

type Subnet = readonly [network: string, prefix: number]

/** Pure. */
export function ipReach(ip: string): IpReach {
  if (isIn(ip, loopbacks)) return 'loopback'
  if (isIP(ip) === 0 || isIn(ip, nowhere)) return 'nowhere'
  return isIn(ip, privateBlocks) ? 'private' : 'public'
}

/** Whether both are addresses of the same private network. Pure. */
export function sharesPrivateNetwork(ip: string, other: string): boolean {
  return privateBlocks.some(block => isIn(ip, [block]) && isIn(other, [block]))
}

const lists = new Map<readonly Subnet[] | Subnet, { ip4: BlockList; ip6: BlockList }>()

function isIn(ip: string, subnets: readonly Subnet[]): boolean {
  const family = isIP(ip)
  if (family === 0) return false
  return subnets.some(subnet => {
    const { ip4, ip6 } = lists.get(subnet) ?? listOf(subnet)
    return family === 4 ? ip4.check(ip, 'ipv4') : ip6.check(ip, 'ipv6')
  })
}

/** One list for each family: a list of both takes an IPv4 subnet for its mapped IPv6 one, too. */
function listOf(subnet: Subnet): { ip4: BlockList; ip6: BlockList } {
  const list = { ip4: new BlockList(), ip6: new BlockList() }
  const [network, prefix] = subnet
  if (isIP(network) === 4) list.ip4.addSubnet(network, prefix, 'ipv4')
  else list.ip6.addSubnet(network, prefix, 'ipv6')
  lists.set(subnet, list)
  return list
}
