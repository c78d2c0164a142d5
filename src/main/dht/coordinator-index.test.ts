import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { VerifiedSeed } from '../../shared/membership/seed-envelope.ts'
import type { WorkerView } from '../../shared/schema/worker.ts'
import { day, minute, second } from '../../shared/units.ts'
import { TurnedClock } from '../clock.ts'
import { createTestHost, ocrDraft } from '../directory/test-network.ts'
import { Lifecycle } from '../lifecycle.ts'
import { CoordinatorIndex } from './coordinator-index.ts'
import type { Host } from './host.ts'

const log = pino({ level: 'silent' })
const nowhere = '/ip4/127.0.0.1/tcp/1'
/** A peer id whose key nobody here has. */
const strangerId = '12D3KooWBx5FhWsDcwLEg3MHF6e4epBiNYifQedPMwv5GCq1c78X'

let clock: TurnedClock
let lifecycle: Lifecycle
let found: WorkerView[]
let seeds: VerifiedSeed[]
/** What each lookup waits for. */
let lookup: () => Promise<void>
let lookups: number

beforeEach(() => {
  clock = new TurnedClock()
  lifecycle = new Lifecycle()
  found = []
  seeds = []
  lookup = async () => undefined
  lookups = 0
})

afterEach(() => lifecycle.stop())

/** This node with its index, and hosts that may be coordinators; nobody dials anybody by itself. */
async function start(others: number): Promise<{ index: CoordinatorIndex; host: Host; others: Host[] }> {
  const hosts = await Promise.all(Array.from({ length: others + 1 }, () => createTestHost({ mode: 'client' })))
  for (const host of hosts) lifecycle.add('host', host)
  const [host, ...rest] = hosts as [Host, ...Host[]]
  const find = async () => {
    lookups++
    await lookup()
    return found
  }
  const components = { host, find, seeds: { seeds: () => seeds }, clock, log }
  const index = lifecycle.add('index', new CoordinatorIndex(components))
  await lifecycle.start()
  return { index, host, others: rest }
}

const idOf = (host: Host) => host.peerId.toString()
const idsOf = (index: CoordinatorIndex) => index.coordinators.get().map(({ peerId }) => peerId)

function recordOf(peerId: string, addresses: string[], change: { location?: string; tunnelUrl?: string } = {}) {
  const draft = ocrDraft()
  const record = { ...draft, ...change, seq: 1, issuedAt: 0, expiresAt: clock.now() + day, addresses }
  const { load, queue, state } = draft
  return { peerId, record, load, queue, state, updatedAt: 0, expiresAt: record.expiresAt }
}

function seedOf(peerId: string, addresses: string[], change: { location?: string; url?: string } = {}): VerifiedSeed {
  const seed = {
    node_id: peerId,
    tunnel_url: change.url ?? null,
    dht_port: 8_468,
    location: change.location ?? null,
    multiaddrs: addresses.map(address => `${address}/p2p/${peerId}`),
    envelope: 'signed',
  }
  return { seed, issuedAt: clock.now(), expiresAt: clock.now() + day }
}

describe('the coordinators a node knows', () => {
  it('are those of the directory and those heard of over HTTP, measured, without itself', async () => {
    const { index, host, others } = await start(2)
    const [named, seeded] = others as [Host, Host]
    const where = { location: 'leeds', tunnelUrl: 'https://leeds.example' }
    found = [recordOf(idOf(named), named.addresses(), where), recordOf(idOf(host), host.addresses())]
    seeds = [seedOf(idOf(seeded), seeded.addresses(), { location: 'york', url: 'https://york.example' })]
    await index.refresh()
    const rttMs = expect.any(Number)
    expect(index.coordinators.get().toSorted((a, b) => String(a.location).localeCompare(String(b.location)))).toEqual([
      {
        peerId: idOf(named),
        addresses: named.addresses().map(address => `${address}/p2p/${idOf(named)}`),
        connected: true,
        location: 'leeds',
        url: 'https://leeds.example',
        rttMs,
      },
      {
        peerId: idOf(seeded),
        addresses: seeded.addresses().map(address => `${address}/p2p/${idOf(seeded)}`),
        connected: true,
        location: 'york',
        url: 'https://york.example',
        rttMs,
      },
    ])
    expect(index.nearest('york').map(({ location }) => location)).toEqual(['york', 'leeds'])
    expect(index.nearest()).toEqual(index.coordinators.get())
  })

  it('are looked for again when somebody asks for one that is not known, seldom and together for all', async () => {
    const { index, others } = await start(1)
    const [fresh] = others as [Host]
    found = [recordOf(idOf(fresh), fresh.addresses())]
    await Promise.all([index.lookAgain(), index.lookAgain()])
    expect([idsOf(index), lookups]).toEqual([[idOf(fresh)], 1])
    clock.turn(1 * second)
    await index.lookAgain()
    expect(lookups).toBe(1)
    // Others have found that this machine's clock is wrong.
    clock.set(-60 * minute)
    clock.turn(1 * second)
    lookup = () => Promise.reject(new Error('nobody answers'))
    await index.lookAgain()
    expect([idsOf(index), lookups]).toEqual([[idOf(fresh)], 2])
  })

  it('stand where their records say, not where an older seed has them', async () => {
    const { index, others } = await start(1)
    const [moved] = others as [Host]
    found = [recordOf(idOf(moved), moved.addresses())]
    seeds = [seedOf(idOf(moved), [nowhere], { location: 'leeds', url: 'https://old.example' })]
    await index.refresh()
    const [coordinator] = index.coordinators.get()
    expect(coordinator).toMatchObject({ peerId: idOf(moved), connected: true })
    expect(coordinator).not.toHaveProperty('location')
    expect(coordinator).not.toHaveProperty('url')
  })

  it('come last while they cannot be reached', async () => {
    const { index, others } = await start(1)
    const [near] = others as [Host]
    found = [recordOf(idOf(near), near.addresses())]
    seeds = [seedOf(strangerId, [nowhere])]
    await index.refresh()
    expect(idsOf(index)).toEqual([idOf(near), strangerId])
    const [, unreached] = index.coordinators.get()
    expect(unreached).toEqual({ peerId: strangerId, addresses: [`${nowhere}/p2p/${strangerId}`], connected: false })
  })

  it('stay known where a lookup fails', async () => {
    const { index, others } = await start(1)
    const [one] = others as [Host]
    found = [recordOf(idOf(one), one.addresses())]
    await index.refresh()
    lookup = () => Promise.reject(new Error('nobody answers'))
    await index.refresh()
    expect(idsOf(index)).toEqual([idOf(one)])
    lookup = async () => undefined
    found = []
    await index.refresh()
    expect(idsOf(index)).toEqual([])
  })

  it('are measured anew where they had left', async () => {
    const { index, host, others } = await start(1)
    const [one] = others as [Host]
    found = [recordOf(idOf(one), one.addresses())]
    await index.refresh()
    await host.libp2p.hangUp(one.peerId)
    await index.refresh()
    expect(index.coordinators.get()).toMatchObject([{ connected: false, rttMs: expect.any(Number) }])
    found = []
    await index.refresh()
    found = [recordOf(idOf(one), one.addresses())]
    await index.refresh()
    expect(index.coordinators.get()).toMatchObject([{ connected: true, rttMs: expect.any(Number) }])
  })
})

describe('looking for coordinators', () => {
  it('happens each five minutes', async () => {
    await start(0)
    clock.turn(5 * minute - 1)
    expect(lookups).toBe(0)
    clock.turn(1)
    expect(lookups).toBe(1)
  })

  it('happens two seconds after a node has met somebody, and each ten seconds at most', async () => {
    const { host, others } = await start(2)
    const [first, later] = others as [Host, Host]
    await host.libp2p.dial(first.libp2p.getMultiaddrs())
    clock.turn(2 * second - 1)
    expect(lookups).toBe(0)
    clock.turn(1)
    expect(lookups).toBe(1)
    await host.libp2p.dial(later.libp2p.getMultiaddrs())
    clock.turn(10 * second - 1)
    expect(lookups).toBe(1)
    clock.turn(1)
    expect(lookups).toBe(2)
  })

  it('is done once at a time', async () => {
    const { index } = await start(0)
    const answer = Promise.withResolvers<void>()
    lookup = () => answer.promise
    const both = [index.refresh(), index.refresh()]
    answer.resolve()
    await Promise.all(both)
    expect(lookups).toBe(1)
  })

  it('ends when the node stops, with nothing left of it', async () => {
    const { index, host, others } = await start(1)
    const [one] = others as [Host]
    found = [recordOf(idOf(one), one.addresses())]
    const answer = Promise.withResolvers<void>()
    lookup = () => answer.promise
    await host.libp2p.dial(one.libp2p.getMultiaddrs())
    const late = index.refresh()
    index.stop()
    answer.resolve()
    await late
    expect(index.coordinators.get()).toEqual([])
    clock.turn(10 * minute)
    await index.refresh()
    expect(lookups).toBe(1)
  })
})
