import { type Connection, type Libp2pEvents, TypedEventEmitter } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { expect, it } from 'vitest'
import { minute } from '../../shared/units.ts'
import { TurnedClock } from '../clock.ts'
import { camePast, IncomingWatch } from './incoming-watch.ts'

type Seen = Pick<Connection, 'direction' | 'remoteAddr' | 'limits'>
const from = (address: string, rest: Partial<Seen> = {}): Seen => ({
  direction: 'inbound',
  remoteAddr: multiaddr(address),
  ...rest,
})

it.each<[string, Seen, boolean]>([
  ['from the local network', from('/ip4/192.168.1.9/tcp/50123'), true],
  ['from anywhere', from('/ip6/2001:db8::1/tcp/50123'), true],
  ['that this node opened', from('/ip4/192.168.1.9/tcp/8468', { direction: 'outbound' }), false],
  ['of a program on this machine, or through its tunnel', from('/ip4/127.0.0.1/tcp/50123'), false],
  ['through a relay', from('/ip4/8.8.8.8/tcp/8468/p2p-circuit', { limits: { bytes: 1n } }), false],
])('a connection %s shows whether a firewall lets others in', (_name, connection, shows) => {
  expect(camePast(connection)).toBe(shows)
})

it('one that came is enough, and each start is watched anew', () => {
  const libp2p = new TypedEventEmitter<Libp2pEvents>()
  const clock = new TurnedClock()
  const watch = new IncomingWatch({ libp2p, clock })
  const open = (seen: Seen) => libp2p.safeDispatchEvent('connection:open', { detail: seen as Connection })
  watch.start()
  open(from('/ip4/127.0.0.1/tcp/1'))
  clock.turn(15 * minute)
  expect(watch.state).toEqual({ cameIn: false, watchedMs: 15 * minute })
  open(from('/ip4/192.168.1.9/tcp/1'))
  expect(watch.state.cameIn).toBe(true)
  watch.stop()
  watch.start()
  expect(watch.state).toEqual({ cameIn: false, watchedMs: 0 })
})
