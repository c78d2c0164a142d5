import { generateKeyPair } from '@libp2p/crypto/keys'
import { pino } from 'pino'
import { afterEach, expect, it, vi } from 'vitest'
import { day, hour, minute, second } from '../../shared/units.ts'
import { type Clock, systemClock, TurnedClock } from '../clock.ts'
import { Lifecycle } from '../lifecycle.ts'
import { Greeter } from './hello.ts'
import { createHost, type Host } from './host.ts'
import { networkId } from './network.ts'

const log = pino({ level: 'silent' })
let running: Lifecycle[] = []

afterEach(async () => {
  await Promise.all(running.map(lifecycle => lifecycle.stop()))
  running = []
})

const aheadOf = (offsetMs: number): Clock => ({ ...systemClock, now: () => Date.now() + offsetMs })

async function start(listen: string, clock: Clock = systemClock): Promise<{ host: Host; greeter: Greeter }> {
  const host = await createHost(
    { privateKey: await generateKeyPair('Ed25519'), log },
    {
      networkId: networkId('test'),
      port: { port: 0, explicit: true },
      listen: [listen],
      mdns: false,
      relaxedLimits: true,
    },
  )
  const lifecycle = new Lifecycle()
  running.push(lifecycle)
  lifecycle.add('host', host)
  const greeter = lifecycle.add('greeter', new Greeter({ host, clock, log }))
  await lifecycle.start()
  return { host, greeter }
}

it('corrects a clock that is ten minutes slow by those of three other machines', async () => {
  const others = await Promise.all(['127.0.0.2', '127.0.0.3', '127.0.0.4'].map(address => start(address)))
  const { host, greeter } = await start('127.0.0.1', aheadOf(-10 * minute))
  for (const other of others) await host.libp2p.dial(other.host.libp2p.getMultiaddrs())
  await vi.waitFor(() => expect(greeter.state.get().groups).toBe(3))
  expect(Math.abs(greeter.state.get().offsetMs - 10 * minute)).toBeLessThan(second)
  expect(Math.abs(greeter.clock.now() - Date.now())).toBeLessThan(second)
})

it('asks for the time anew once its clock was set, and not because time passes', async () => {
  const addresses = ['127.0.0.2', '127.0.0.3', '127.0.0.4', '127.0.0.5']
  const others = await Promise.all(addresses.map(address => start(address)))
  const clock = new TurnedClock(Date.now() - 3 * hour)
  const { host, greeter } = await start('127.0.0.1', clock)
  for (const other of others) await host.libp2p.dial(other.host.libp2p.getMultiaddrs())
  await vi.waitFor(() => expect(greeter.state.get().groups).toBe(4))
  const heard = greeter.state.get()
  expect(Math.abs(heard.offsetMs - 3 * hour)).toBeLessThan(minute)
  clock.turn(day)
  expect(greeter.state.get()).toBe(heard)

  // What is known of somebody who is gone no longer holds either.
  const [, , , gone] = others
  await gone?.host.libp2p.hangUp(host.peerId)
  clock.set(3 * hour - day)
  clock.turn(minute)
  expect(greeter.state.get()).toEqual({ offsetMs: 0, groups: 0 })
  await vi.waitFor(() => expect(greeter.state.get().groups).toBe(3))
  expect(Math.abs(greeter.state.get().offsetMs)).toBeLessThan(2 * minute)
  const again = greeter.state.get()
  clock.turn(hour)
  expect(greeter.state.get()).toBe(again)
})

it('does not believe a single machine', async () => {
  const other = await start('127.0.0.2', aheadOf(10 * minute))
  const { host, greeter } = await start('127.0.0.1')
  await host.libp2p.dial(other.host.libp2p.getMultiaddrs())
  await vi.waitFor(() => expect(greeter.state.get().groups).toBe(1))
  expect(greeter.state.get().offsetMs).toBe(0)
})

it('goes on where a peer does not know hello, or answers nonsense', async () => {
  const [silent, babbling] = await Promise.all(['127.0.0.2', '127.0.0.3'].map(address => start(address)))
  if (silent === undefined || babbling === undefined) throw new Error('expected two peers')
  await silent.greeter.stop()
  await babbling.greeter.stop()
  let answered = 0
  await babbling.host.libp2p.handle(babbling.host.protocols.hello, stream => {
    answered++
    stream.send(Uint8Array.of(3, 1, 2, 3))
  })
  const { host, greeter } = await start('127.0.0.1')
  const ended: string[] = []
  for (const other of [silent, babbling]) {
    const connection = await host.libp2p.dial(other.host.libp2p.getMultiaddrs())
    ended.push(connection.status)
  }
  await vi.waitFor(() => expect(answered).toBe(1))
  const good = await start('127.0.0.4')
  await host.libp2p.dial(good.host.libp2p.getMultiaddrs())
  await vi.waitFor(() => expect(greeter.state.get().groups).toBe(1))
  expect(ended).toEqual(['open', 'open'])
})

it('resets the stream of whoever says nonsense', async () => {
  const { host, greeter } = await start('127.0.0.1')
  const other = await start('127.0.0.2')
  await other.greeter.stop()
  const stream = await other.host.libp2p.dialProtocol(host.libp2p.getMultiaddrs(), host.protocols.hello)
  const closed = new Promise(resolve => stream.addEventListener('close', resolve))
  stream.send(Uint8Array.of(3, 1, 2, 3))
  await closed
  expect(greeter.state.get().groups).toBe(0)
})

it('has a clock whose timers are those of the machine', async () => {
  const clock = new TurnedClock()
  const { greeter } = await start('127.0.0.1', clock)
  let rung = 0
  greeter.clock.after(second, () => rung++)
  const stop = greeter.clock.every(second, () => rung++)
  clock.turn(2 * second)
  expect(rung).toBe(3)
  stop()
})

it('tells the side that was dialled, too', async () => {
  const dialled = await start('127.0.0.2')
  const { host } = await start('127.0.0.1')
  await host.libp2p.dial(dialled.host.libp2p.getMultiaddrs())
  await vi.waitFor(() => expect(dialled.greeter.state.get().groups).toBe(1))
})
