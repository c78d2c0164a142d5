import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { multiaddr } from '@multiformats/multiaddr'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { systemClock } from '../../src/main/clock.ts'
import { donorLimits } from '../../src/main/dht/limits.ts'
import { second } from '../../src/shared/units.ts'
import { createMember, type Member } from '../support/swarm/member.ts'
import { eventually } from '../support/swarm/swarm.ts'

const listen = '127.0.0.1'
const members: Member[] = []
const sockets: Socket[] = []
let donor: Member

beforeEach(async () => {
  donor = await member({ limits: 'donor' })
})

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  await Promise.all(members.splice(0).map(each => each.stop()))
})

async function member(init: { limits?: 'donor' }): Promise<Member> {
  const made = await createMember({ listen, ...init }, systemClock)
  members.push(made)
  await made.start()
  return made
}

/** Opens a connection from a loopback address of its own and says nothing on it. */
async function silentFrom(address: string): Promise<Socket> {
  const socket = connect({ host: listen, port: donor.host.port, localAddress: address })
  sockets.push(socket)
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  return socket
}

async function letsIn(): Promise<void> {
  const newcomer = await member({})
  const addresses = donor.host.libp2p.getMultiaddrs().map(address => multiaddr(String(address)))
  await newcomer.host.libp2p.dial(addresses, { signal: AbortSignal.timeout(5 * second) })
}

it('lets newcomers in while machines by the dozen hold on to handshakes that they do not finish', async () => {
  for (let machine = 2; machine < 50; machine++) await silentFrom(`127.0.0.${machine}`)
  await letsIn()
  await eventually(async () => expect(donor.host.libp2p.getConnections()).toHaveLength(1), 5 * second)
})

it('hangs up on an address that begins more handshakes than it may', async () => {
  const { pendingOfAddress } = donorLimits.ofAddress
  const opened: Socket[] = []
  const held = () => opened.filter(socket => !socket.closed).length
  // It may begin no more than so many a second either.
  await eventually(async () => {
    opened.push(await silentFrom('127.0.0.99'))
    expect(opened.length).toBeGreaterThanOrEqual(2 * pendingOfAddress)
  }, 10 * second)
  await eventually(async () => expect(held()).toBeLessThanOrEqual(pendingOfAddress), 5 * second)
  await letsIn()
})

it('gives up handshakes that are not finished in time', async () => {
  const socket = await silentFrom('127.0.0.2')
  await eventually(async () => expect(socket.closed).toBe(true), 15 * second)
  await letsIn()
})
