import { generateKeyPair } from '@libp2p/crypto/keys'
import { MemoryDatastore } from 'datastore-core'
import { afterEach, expect, it, vi } from 'vitest'
import { TurnedClock } from '../clock.ts'
import { createLog, LogBuffer } from '../log.ts'
import { AddressBook } from './address-book.ts'
import { Bootstrap } from './bootstrap.ts'
import { createHost, type Host } from './host.ts'
import type { SeedSource } from './seed-source.ts'

const networkId = 'feedfeedfeedfeed'
const log = createLog({ level: 'error', buffer: new LogBuffer() })
const stops: (() => Promise<void> | void)[] = []

afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})

async function startHost(): Promise<Host> {
  const host = await createHost(
    { privateKey: await generateKeyPair('Ed25519'), log },
    { networkId, port: { port: 0, explicit: true }, listen: ['127.0.0.1'], mdns: false, relaxedLimits: true },
  )
  await host.start()
  stops.push(() => host.stop())
  return host
}

/** Starts joining with these sources, on a clock that stands still until it is turned. */
async function join(sources: SeedSource[], neighbours = false): Promise<{ clock: TurnedClock; bootstrap: Bootstrap }> {
  const clock = new TurnedClock()
  const host = await startHost()
  // Multicast DNS that finds nobody.
  if (neighbours) Object.assign(host.libp2p.services, { mdns: new EventTarget() })
  const addressBook = new AddressBook({ datastore: new MemoryDatastore(), clock, log }, { networkId })
  const bootstrap = new Bootstrap({ host, addressBook, sources, clock, log })
  bootstrap.start()
  stops.push(() => bootstrap.stop())
  return { clock, bootstrap }
}

it('waits for the slowest of the others before it asks the last resort', async () => {
  const slow = Promise.withResolvers<string[]>()
  const asked: string[] = []
  const { clock } = await join([
    { name: 'slow', addresses: () => slow.promise },
    { name: 'failing', addresses: () => Promise.reject(new Error('no')) },
    { name: 'last', lastResort: true, addresses: async () => asked.splice(0, 0, 'last') },
  ])
  for (let turns = 0; turns < 20; turns++) {
    clock.turn(500)
    await new Promise(resolve => setImmediate(resolve))
  }
  expect(asked).toEqual([])
  slow.resolve([])
  await vi.waitFor(() => {
    clock.turn(500)
    expect(asked).toEqual(['last'])
  })
})

it('gives a neighbour a second to be found before it asks the last resort', async () => {
  const asked: string[] = []
  const last: SeedSource = { name: 'last', lastResort: true, addresses: async () => asked.splice(0, 0, 'last') }
  const { clock } = await join([last], true)
  clock.turn(900)
  await new Promise(resolve => setImmediate(resolve))
  expect(asked).toEqual([])
  clock.turn(200)
  await vi.waitFor(() => expect(asked).toEqual(['last']))
})

it('does not ask the last resort once any other source has led to a peer', async () => {
  const seed = await startHost()
  const asked: string[] = []
  const { bootstrap, clock } = await join([
    { name: 'seeds', addresses: async () => seed.addresses().map(address => `${address}/p2p/${seed.peerId}`) },
    { name: 'last', lastResort: true, addresses: async () => asked.splice(0, 0, 'last') },
  ])
  await vi.waitFor(() => expect(bootstrap.state.get()).toMatchObject({ peers: 1, tried: [{ reached: 1 }] }))
  clock.turn(60_000)
  expect(asked).toEqual([])
})
