import { lookup } from 'node:dns/promises'
import { isIPv6 } from 'node:net'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { withSignal } from '../with-signal.ts'
import type { Candidate } from './candidates.ts'

/** The IP addresses that a name stands for. */
export type Lookup = (name: string) => Promise<readonly string[]>

export const lookupByDns: Lookup = async name => (await lookup(name, { all: true })).map(({ address }) => address)

/**
 * What is to be dialled to try a way. Anybody can own a name and let it stand for an address of this node's own network, so a name
 * is looked up first, and what was looked up is dialled: by then it may stand for another. Rejects where it stands for an address
 * that may not be dialled.
 */
export async function resolvedAddress(
  { address, host, mayBeAt }: Pick<Candidate, 'address' | 'host' | 'mayBeAt'>,
  lookupName: Lookup,
  signal: AbortSignal,
): Promise<Multiaddr> {
  if (mayBeAt === undefined) return address
  const ips = await withSignal(lookupName(host), signal)
  const closed = ips.find(ip => !mayBeAt(ip))
  if (closed !== undefined)
    throw new Error(`expected ${host} to stand for addresses that may be dialled, got ${closed}`)
  const [ip] = ips
  if (ip === undefined) return address
  const [, ...rest] = address.toString().split(`/${host}/`)
  return multiaddr(`/${isIPv6(ip) ? 'ip6' : 'ip4'}/${ip}/${rest.join(`/${host}/`)}`)
}
