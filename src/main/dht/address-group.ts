import type { Multiaddr } from '@multiformats/multiaddr'
import { isRelayed } from './is-relayed.ts'

/**
 * Addresses that one party is likely to hold together: the same /16 in IPv4, the same /32 in IPv6. Names, relayed
 * addresses and everything else count as one group, so that nobody gains by using them.
 */
export function addressGroup(address: Multiaddr): string {
  const [first, second] = address.getComponents()
  if (first?.value === undefined || second === undefined || isRelayed(address)) return 'other'
  if (first.name === 'ip4') return `ip4:${first.value.split('.').slice(0, 2).join('.')}`
  if (first.name === 'ip6') return `ip6:${expand(first.value).slice(0, 2).join(':')}`
  return 'other'
}

/** The eight groups of an IPv6 address, `::` written out. */
function expand(ip: string): string[] {
  const [head = '', tail] = ip.split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => '0')
  return [...before, ...zeros, ...after]
}
