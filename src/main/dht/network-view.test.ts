import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { ServiceType } from '../../shared/schema/primitives.ts'
import type { WorkerView } from '../../shared/schema/worker.ts'
import { minute, second } from '../../shared/units.ts'
import { TurnedClock } from '../clock.ts'
import { peerPosition } from '../directory/keys.ts'
import { createTestHost } from '../directory/test-network.ts'
import { Lifecycle } from '../lifecycle.ts'
import type { Host } from './host.ts'
import { type FindWorkersOptions, NetworkView } from './network-view.ts'
import { forgetAfterMs } from './topology.ts'

const log = pino({ level: 'silent' })

/** A host with its view of the network. */
interface Member {
  host: Host
  view: NetworkView
  id: string
}

let clock: TurnedClock
let lifecycle: Lifecycle
let workers: WorkerView[]
let lookups: ServiceType[]
let limits: number[]
let lookup: () => Promise<void>
let announced: Set<() => void>

beforeEach(() => {
  clock = new TurnedClock()
  lifecycle = new Lifecycle()
  workers = []
  lookups = []
  limits = []
  lookup = async () => undefined
  announced = new Set()
})

afterEach(() => lifecycle.stop())

/** Starts members that are clients of the DHT: nobody dials anybody by itself. */
async function start(count: number, { attended = true } = {}): Promise<Member[]> {
  const hosts = await Promise.all(Array.from({ length: count }, () => createTestHost({ mode: 'client' })))
  const members = hosts.map(host => {
    const components = {
      host,
      findWorkers: async (service: ServiceType, { limit }: FindWorkersOptions) => {
        lookups.push(service)
        limits.push(limit)
        await lookup()
        return workers
      },
      onAnnounced: (listener: () => void) => {
        announced.add(listener)
        return () => announced.delete(listener)
      },
      positionOf: peerPosition,
      clock,
      log,
    }
    const view = new NetworkView(components, { services: ['ocr'], attended })
    lifecycle.add('host', host)
    lifecycle.add('view', view)
    return { host, view, id: host.peerId.toString() }
  })
  await lifecycle.start()
  return members
}

const connect = (from: Member, to: Member) => from.host.libp2p.dial(to.host.libp2p.getMultiaddrs())
const edgesOf = ({ view }: Member) => view.topology.get().edges.map(({ from, to }) => [from, to].sort())
const idsOf = ({ view }: Member) => view.topology.get().nodes.map(node => node.peerId)

/** Waits until the picture is as `check` wants it. What changed is published a quarter of a second later. */
const shown = (check: () => void) =>
  vi.waitFor(() => {
    clock.turn(0.25 * second)
    check()
  })

function worker(peerId: string): WorkerView {
  const queue = { running: 0, waiting: 0, slots: 1, bound: 4 }
  const capabilities = { workerType: 'headless' as const, cpuThreads: 4, memoryMiB: 8_192, gpus: [] }
  const now = clock.now()
  const times = { issuedAt: now, expiresAt: now + 10 * minute }
  const record = {
    ...times,
    seq: 1,
    services: ['ocr'],
    capabilities,
    load: 0,
    queue,
    state: 'donating' as const,
    addresses: [],
  }
  return { peerId, record, load: 0, queue, state: 'donating', updatedAt: now, expiresAt: times.expiresAt }
}

const stranger = '12D3KooWGJ93aZ7tGcQH2yNbDdqhXhAkRWnzFxYcCzBtPUDsy7Qg'

describe('the view of the network', () => {
  it('shows peers as they come and go, and the round trip once it is measured', async () => {
    const [a, b] = (await start(2)) as [Member, Member]
    await connect(a, b)
    await shown(() => expect(edgesOf(b)).toEqual([[a.id, b.id].sort()]))
    expect(a.view.topology.get().counts).toEqual({ connected: 1, known: 1, donating: 0 })
    clock.turn(second)
    await shown(() => expect(a.view.topology.get().edges[0]?.rttMs).toBeGreaterThanOrEqual(0))
    await a.host.libp2p.hangUp(b.host.peerId)
    await shown(() => expect(edgesOf(a)).toEqual([]))
    expect(idsOf(a)).toEqual([a.id, b.id])
  })

  it('draws one edge to a peer, however many connections there are', async () => {
    const [a, b] = (await start(2)) as [Member, Member]
    await connect(a, b)
    await a.host.libp2p.dial(b.host.libp2p.getMultiaddrs(), { force: true })
    expect(a.host.libp2p.getConnections()).toHaveLength(2)
    await shown(() => expect(edgesOf(a)).toEqual([[a.id, b.id].sort()]))
  })

  it('forgets a peer five minutes after it was seen last', async () => {
    const [a, b] = (await start(2)) as [Member, Member]
    await connect(a, b)
    await shown(() => expect(idsOf(a)).toEqual([a.id, b.id]))
    clock.turn(2 * forgetAfterMs)
    await shown(() => expect(idsOf(a)).toEqual([a.id, b.id]))
    await a.host.libp2p.hangUp(b.host.peerId)
    await shown(() => expect(edgesOf(a)).toEqual([]))
    clock.turn(forgetAfterMs + minute)
    await shown(() => expect(idsOf(a)).toEqual([a.id]))
  })

  it('takes a worker out when its record ends, between two lookups', async () => {
    const [a] = (await start(1)) as [Member]
    workers = [{ ...worker(stranger), expiresAt: clock.now() + minute + 10 * second }]
    clock.turn(minute)
    await shown(() => expect(a.view.topology.get().counts.donating).toBe(1))
    const before = lookups.length
    clock.turn(11 * second)
    expect(a.view.topology.get().counts.donating).toBe(0)
    expect(lookups).toHaveLength(before)
  })

  it('looks for workers each minute, and forgets those that are named no more', async () => {
    const [a] = (await start(1)) as [Member]
    workers = [worker(stranger)]
    clock.turn(minute)
    await shown(() => expect(idsOf(a)).toEqual([a.id, stranger]))
    expect(a.view.topology.get().nodes[1]).toMatchObject({ role: 'worker', state: 'donating', services: ['ocr'] })
    expect(a.view.topology.get().counts).toEqual({ connected: 0, known: 1, donating: 1 })
    workers = []
    clock.turn(minute)
    await shown(() => expect(a.view.topology.get().nodes[1]).toMatchObject({ peerId: stranger, role: 'peer' }))
    clock.turn(forgetAfterMs)
    await shown(() => expect(idsOf(a)).toEqual([a.id]))
  })

  it('looks soon after records came, once a second at most however many came', async () => {
    await start(1)
    for (let count = 0; count < 10; count++) for (const listener of announced) listener()
    clock.turn(0.2 * second)
    await vi.waitFor(() => expect(lookups).toEqual(['ocr']))
    await new Promise(setImmediate)
    for (const listener of announced) listener()
    clock.turn(0.7 * second)
    expect(lookups).toEqual(['ocr'])
    clock.turn(0.3 * second)
    expect(lookups).toEqual(['ocr', 'ocr'])
  })

  it('looks each four minutes, at some of them, where nobody looks at it', async () => {
    const [a] = (await start(1, { attended: false })) as [Member]
    for (const listener of announced) listener()
    clock.turn(0.2 * second)
    await vi.waitFor(() => expect(lookups).toHaveLength(1))
    await new Promise(setImmediate)
    for (let minutes = 1; minutes < 4; minutes++) {
      for (const listener of announced) listener()
      clock.turn(minute)
    }
    expect(lookups).toHaveLength(1)
    clock.turn(minute)
    expect(lookups).toHaveLength(2)
    expect(limits.every(limit => limit <= 64)).toBe(true)
    await new Promise(setImmediate)
    const stop = new AbortController()
    const watching = a.view.topology.watch(stop.signal)
    await watching.next()
    clock.turn(minute)
    expect(limits[2]).toBeGreaterThan(64)
    stop.abort()
    await watching.return()
  })

  it('is looked up anew for whoever asks, once a second at most', async () => {
    const [a] = (await start(1, { attended: false })) as [Member]
    workers = [worker(stranger)]
    expect((await a.view.look()).counts).toEqual({ connected: 0, known: 1, donating: 1 })
    await a.view.look()
    expect(lookups).toHaveLength(1)
    clock.turn(second)
    workers = []
    await Promise.all([a.view.look(), a.view.look()])
    expect(lookups).toHaveLength(2)
    expect(a.view.topology.get().counts.donating).toBe(0)
  })

  it('is looked up once more where a lookup was under way when somebody began to look', async () => {
    const [member] = (await start(1, { attended: false })) as [Member]
    const under = Promise.withResolvers<void>()
    lookup = () => under.promise
    const first = member.view.look()
    const before = lookups.length
    const again = member.view.look()
    under.resolve()
    await Promise.all([first, again])
    await vi.waitFor(() => {
      clock.turn(second)
      expect(lookups.length).toBeGreaterThan(before)
    })
  })

  it('goes on looking where the clock was set back, as others have found that it is wrong', async () => {
    const [a] = (await start(1)) as [Member]
    clock.turn(minute)
    await vi.waitFor(() => expect(lookups).toHaveLength(1))
    await new Promise(setImmediate)
    clock.set(-60 * minute)
    clock.turn(minute)
    expect(lookups).toHaveLength(2)
    await new Promise(setImmediate)
    clock.turn(second)
    await a.view.look()
    expect(lookups).toHaveLength(3)
  })

  it('does not look twice at a time', async () => {
    await start(1)
    const answer = Promise.withResolvers<void>()
    lookup = () => answer.promise
    clock.turn(5 * minute)
    expect(lookups).toEqual(['ocr'])
    answer.resolve()
    await shown(() => expect(lookups.length).toBeGreaterThan(1))
  })

  it('keeps what it knows when workers cannot be looked up', async () => {
    const [a] = (await start(1)) as [Member]
    workers = [worker(stranger)]
    clock.turn(minute)
    await shown(() => expect(idsOf(a)).toEqual([a.id, stranger]))
    lookup = async () => {
      throw new Error('nobody there')
    }
    clock.turn(minute)
    expect(lookups).toHaveLength(2)
    await shown(() => expect(idsOf(a)).toEqual([a.id, stranger]))
  })

  it('does not mind being stopped while it looks', async () => {
    const [a] = (await start(1)) as [Member]
    const answer = Promise.withResolvers<void>()
    lookup = () => answer.promise
    clock.turn(minute)
    expect(lookups).toEqual(['ocr'])
    const before = a.view.topology.get()
    await a.view.stop()
    answer.reject(new Error('the node stops'))
    await new Promise(setImmediate)
    clock.turn(minute)
    expect(a.view.topology.get()).toBe(before)
  })

  it('publishes nothing that it finds after it was stopped', async () => {
    const [a] = (await start(1)) as [Member]
    const answer = Promise.withResolvers<void>()
    lookup = () => answer.promise
    workers = [worker(stranger)]
    clock.turn(minute)
    const before = a.view.topology.get()
    await a.view.stop()
    answer.resolve()
    await new Promise(setImmediate)
    clock.turn(minute)
    expect(a.view.topology.get()).toBe(before)
  })

  it('is quiet once it has stopped', async () => {
    const [a] = (await start(1)) as [Member]
    const before = a.view.topology.get()
    await a.view.stop()
    clock.turn(10 * minute)
    expect(lookups).toEqual([])
    expect(announced.size).toBe(0)
    expect(a.view.topology.get()).toBe(before)
  })
})

describe('what peers say of their neighbours', () => {
  it('is shown: in a line A–B–C, A sees the edge from B to C', async () => {
    const [a, b, c] = (await start(3)) as [Member, Member, Member]
    await connect(b, c)
    await connect(a, b)
    await vi.waitFor(() => expect(b.host.libp2p.getPeers()).toHaveLength(2))
    clock.turn(2 * second)
    await shown(() => expect(edgesOf(a)).toContainEqual([b.id, c.id].sort()))
    expect(idsOf(a).sort()).toEqual([a.id, b.id, c.id].sort())
    expect(a.view.topology.get().counts).toEqual({ connected: 1, known: 2, donating: 0 })
    expect(JSON.stringify(a.view.topology.get())).not.toContain('/ip4/')
  })

  it('is asked for again after a minute where somebody watches, otherwise after five', async () => {
    const [a, b, c, d] = (await start(4, { attended: false })) as [Member, Member, Member, Member]
    await connect(a, b)
    await connect(b, c)
    clock.turn(2 * second)
    await shown(() => expect(idsOf(a)).toContain(c.id))
    await connect(b, d)
    clock.turn(2 * minute)
    await shown(() => expect(idsOf(b)).toContain(d.id))
    expect(idsOf(a)).not.toContain(d.id)
    const stop = new AbortController()
    const watching = a.view.topology.watch(stop.signal)
    await watching.next()
    clock.turn(minute)
    await shown(() => expect(idsOf(a)).toContain(d.id))
    stop.abort()
    await watching.return()
  })

  it('is asked for again where the clock was set back meanwhile', async () => {
    const [a, b, c, d] = (await start(4)) as [Member, Member, Member, Member]
    await connect(a, b)
    await connect(b, c)
    clock.turn(2 * second)
    await shown(() => expect(idsOf(a)).toContain(c.id))
    clock.set(-60 * minute)
    await connect(b, d)
    clock.turn(minute)
    await shown(() => expect(idsOf(b)).toContain(d.id))
    clock.turn(minute)
    await shown(() => expect(idsOf(a)).toContain(d.id))
  })

  it('is missing from a peer that does not know the question, and comes from the rest', async () => {
    const [a, b, c, d] = (await start(4)) as [Member, Member, Member, Member]
    await b.view.stop()
    await connect(a, b)
    await connect(c, d)
    await connect(a, c)
    await vi.waitFor(() => expect(c.host.libp2p.getPeers()).toHaveLength(2))
    clock.turn(2 * second)
    await shown(() => expect(idsOf(a)).toContain(d.id))
  })

  it('is forgotten with whoever said it', async () => {
    const [a, b, c] = (await start(3)) as [Member, Member, Member]
    await connect(a, b)
    await connect(b, c)
    clock.turn(2 * second)
    await shown(() => expect(idsOf(a)).toContain(c.id))
    await a.host.libp2p.hangUp(b.host.peerId)
    await shown(() => expect(edgesOf(a)).not.toContainEqual([a.id, b.id].sort()))
    clock.turn(2 * forgetAfterMs)
    await shown(() => expect(idsOf(a)).toEqual([a.id]))
  })
})
