import type { Connection } from '@libp2p/interface'
import { expect, it, onTestFinished, vi } from 'vitest'
import { createTestHost } from '../directory/test-network.ts'
import { ConnectionCheck, Hearing } from './connection-check.ts'
import type { Host } from './host.ts'

const ping = '/ping-of-this-test/1.0.0'

async function connected(): Promise<{ to: Host; connection: Connection; pings: () => number }> {
  const [from, to] = await Promise.all([createTestHost(), createTestHost()])
  onTestFinished(async () => void (await Promise.all([from.stop(), to.stop()])))
  await Promise.all([from.start(), to.start()])
  let pings = 0
  await to.libp2p.handle(ping, stream => {
    pings++
    stream.addEventListener('message', ({ data }) => stream.send(data))
  })
  const connection = await from.libp2p.dial(to.libp2p.getMultiaddrs())
  return { to, connection, pings: () => pings }
}

function checkOf(connection: Connection, protocol = ping) {
  let now = 0
  const hearing = new Hearing(() => now)
  hearing.heard(connection.remoteAddr.toString())
  const connectionManager = { getConnections: () => (connection.status === 'open' ? [connection] : []) }
  const check = new ConnectionCheck({ connectionManager }, { protocol, hearing, silenceMs: 30_000 })
  return {
    check,
    hear: () => hearing.heard(connection.remoteAddr.toString()),
    turnTo: (to: number) => {
      now = to
    },
  }
}

it('asks nobody who has said something lately', async () => {
  const { connection, pings } = await connected()
  const { check, hear, turnTo } = checkOf(connection)
  turnTo(29_000)
  hear()
  turnTo(58_000)
  check.look()
  expect(connection.streams.some(({ protocol }) => protocol === ping)).toBe(false)
  turnTo(59_000)
  check.look()
  await vi.waitFor(() => expect(pings()).toBe(1))
  expect(connection.status).toBe('open')
})

it('keeps a connection whose other end does not speak the protocol, and closes one that breaks off', async () => {
  const { connection, to } = await connected()
  const { check, turnTo } = checkOf(connection, '/spoken-by-nobody/1.0.0')
  turnTo(30_000)
  const opened = vi.spyOn(connection, 'newStream')
  check.look()
  await expect(opened.mock.results[0]?.value).rejects.toThrow()
  expect(connection.status).toBe('open')

  await to.libp2p.handle('/broken/1.0.0', stream => stream.abort(new Error('on purpose')))
  const other = checkOf(connection, '/broken/1.0.0')
  other.turnTo(30_000)
  other.check.look()
  await vi.waitFor(() => expect(connection.status).not.toBe('open'))
})

it('hears what comes by the connections of a host, and forgets those that are closed', () => {
  const hearing = new Hearing(() => 7)
  expect(hearing.silenceOf('/ip4/127.0.0.1/tcp/1')).toBeUndefined()
  hearing.heard('/ip4/127.0.0.1/tcp/1')
  expect(hearing.silenceOf('/ip4/127.0.0.1/tcp/1')).toBe(0)
  hearing.forget('/ip4/127.0.0.1/tcp/1')
  expect(hearing.silenceOf('/ip4/127.0.0.1/tcp/1')).toBeUndefined()
})
