import type { MultiaddrConnection } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { expect, it } from 'vitest'
import { InboundLimits } from './inbound-limits.ts'

class Arrival extends EventTarget {
  readonly remoteAddr: MultiaddrConnection['remoteAddr']

  constructor(address: string) {
    super()
    this.remoteAddr = multiaddr(address)
  }

  close(): void {
    this.dispatchEvent(new Event('close'))
  }
}

const limits = () => new InboundLimits({ pendingOfAddress: 2, ofAddress: 3 })
const arrive = (at: InboundLimits, address: string) => {
  const arrival = new Arrival(address)
  return { arrival, denied: at.denyInboundConnection(arrival as unknown as MultiaddrConnection) }
}
const upgrade = (at: InboundLimits, arrival: Arrival) =>
  at.denyInboundUpgradedConnection(undefined, arrival as unknown as MultiaddrConnection)
const one = '/ip4/192.0.2.1/tcp/4001'

it('lets an address have so many handshakes at once, and others theirs', () => {
  const at = limits()
  expect([arrive(at, one), arrive(at, one), arrive(at, one)].map(({ denied }) => denied)).toEqual([false, false, true])
  expect(arrive(at, '/ip4/192.0.2.2/tcp/4001').denied).toBe(false)
})

it('lets an address have so many connections in all, and more once some are closed', () => {
  const at = limits()
  const arrivals = [0, 1, 2].map(() => {
    const { arrival, denied } = arrive(at, one)
    expect([denied, upgrade(at, arrival)]).toEqual([false, false])
    return arrival
  })
  expect(arrive(at, one).denied).toBe(true)
  arrivals[0]?.close()
  expect(arrive(at, one).denied).toBe(false)
})

it('forgets addresses that hold nothing any more, whether or not they finished a handshake', () => {
  const at = limits()
  const [pending, open] = [arrive(at, one).arrival, arrive(at, one).arrival]
  upgrade(at, open)
  pending.close()
  open.close()
  open.close()
  expect(at.size).toBe(0)
})

it('takes the addresses of one IPv6 network for one machine’s', () => {
  const at = limits()
  const addresses = ['2001:db8::1', '2001:db8::ffff:1', '2001:db8:0:0:1::2'].map(ip => `/ip6/${ip}/tcp/4001`)
  expect(addresses.map(address => arrive(at, address).denied)).toEqual([false, false, true])
  expect(arrive(at, '/ip6/2001:db8:0:1::1/tcp/4001').denied).toBe(false)
})

it('leaves to a relay what comes through it', () => {
  const at = limits()
  const through = `${one}/p2p/12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp/p2p-circuit`
  expect([1, 2, 3, 4].map(() => arrive(at, through).denied)).toEqual([false, false, false, false])
})
