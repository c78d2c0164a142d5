import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { MemoryDatastore } from 'datastore-core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { TokenSigner } from '../../shared/membership/peer-token.ts'
import { openSeed as openSeedEnvelope, sealSeed } from '../../shared/membership/seed-envelope.ts'
import { bootstrapAnswer, type Seed } from '../../shared/schema/seeds.ts'
import { day, hour, second } from '../../shared/units.ts'
import { TurnedClock } from '../clock.ts'
import { createLog, LogBuffer } from '../log.ts'
import { EdgeAllowance } from './edge-allowance.ts'
import { SeedCache } from './seed-cache.ts'
import { type OpenSeed, SeedFetcher, seedUrl } from './seed-fetcher.ts'
import { coordinatorSeeds, edgeSeeds, keptSeeds } from './seed-source.ts'

const networkId = 'feedfeedfeedfeed'
const log = createLog({ level: 'error', buffer: new LogBuffer() })
const openSeed: OpenSeed = (envelope, now) => openSeedEnvelope(envelope, { networkId, now })
const signal = new AbortController().signal
let clock: TurnedClock
let datastore: MemoryDatastore
let servers: Server[]

beforeEach(() => {
  clock = new TurnedClock(Date.parse('2026-03-01T12:00:00Z'))
  datastore = new MemoryDatastore()
  servers = []
})

afterEach(async () => {
  for (const server of servers) {
    server.closeAllConnections()
    await new Promise(resolve => server.close(resolve))
  }
})

async function signer(): Promise<TokenSigner> {
  const key = await generateKeyPair('Ed25519')
  return { peerId: key.publicKey.toString(), sign: content => key.sign(content) }
}

async function seedOf(who: TokenSigner, changes: { network?: string; now?: number; url?: string } = {}): Promise<Seed> {
  const claims = {
    tunnel_url: changes.url ?? null,
    dht_port: 8_468,
    location: 'leeds',
    multiaddrs: [`/ip4/11.0.0.1/tcp/8468/p2p/${who.peerId}`],
  }
  return sealSeed({ claims, networkId: changes.network ?? networkId, now: changes.now ?? clock.now() }, who)
}

/** A server that answers each request with what `answer` gives; its URL, and how often it was asked. */
async function serve(answer: () => { status?: number; body: string }): Promise<{ url: string; asked: () => number }> {
  let asked = 0
  const server = createServer((_request, response) => {
    asked++
    const { status = 200, body } = answer()
    response.writeHead(status, { 'content-type': 'application/json' }).end(body)
  })
  servers.push(server)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('expected a port')
  return { url: `http://127.0.0.1:${address.port}`, asked: () => asked }
}

const serveSeeds = (seeds: Seed[]) => serve(() => ({ body: JSON.stringify(bootstrapAnswer(seeds, clock.now())) }))

async function parts() {
  const fetcher = new SeedFetcher({ openSeed, clock, log })
  const cache = new SeedCache({ datastore, openSeed, clock, log }, { networkId })
  await cache.start()
  const allowance = new EdgeAllowance({ datastore, clock, log })
  await allowance.start()
  return { fetcher, cache, allowance, clock }
}

describe('seeds over HTTP', () => {
  it('are taken where their coordinators signed them, and the rest of the answer is not believed', async () => {
    const who = await signer()
    const good = await seedOf(who)
    const lied = { ...good, multiaddrs: ['/ip4/11.6.6.6/tcp/1/p2p/elsewhere'] }
    const { url } = await serveSeeds([lied])
    const [seed] = await (await parts()).fetcher.fetch(url, signal)
    expect(seed?.seed.multiaddrs).toEqual([`/ip4/11.0.0.1/tcp/8468/p2p/${who.peerId}`])
  })

  it.each([
    [
      'forged',
      async () => ({
        ...(await seedOf(await signer())),
        envelope: `${(await seedOf(await signer())).envelope.slice(0, -4)}AAAA`,
      }),
    ],
    ['of another network', async () => seedOf(await signer(), { network: 'beefbeefbeefbeef' })],
    ['expired', async () => seedOf(await signer(), { now: clock.now() - 3 * day })],
  ])('are refused where they are %s, and those kept are used', async (_case, bad) => {
    const { fetcher, cache } = await parts()
    const kept = await seedOf(await signer())
    await cache.keep([await openSeed(kept.envelope, clock.now())])
    const { url } = await serveSeeds([await bad()])
    const source = coordinatorSeeds({ fetcher, cache, clock }, [url])
    await expect(source.addresses(signal)).rejects.toMatchObject({ code: 'SEED_REFUSED' })
    expect(await keptSeeds(cache).addresses(signal)).toEqual(kept.multiaddrs)
  })

  it('are taken beside refused ones', async () => {
    const good = await seedOf(await signer())
    const { url } = await serveSeeds([await seedOf(await signer(), { network: 'beefbeefbeefbeef' }), good])
    const source = coordinatorSeeds(await parts(), [url])
    expect(await source.addresses(signal)).toEqual(good.multiaddrs)
  })

  it.each([
    ['no JSON', () => ({ body: '<html>' })],
    ['something else', () => ({ body: '{"seeds":7}' })],
    ['an error', () => ({ status: 503, body: '{}' })],
    ['nothing at all', () => ({ status: 204, body: '' })],
    ['more than anybody wants', () => ({ body: `{"seeds":[],"pad":"${'x'.repeat(600 * 1024)}"}` })],
  ])('that are %s make the source fail, not the node', async (_case, answer) => {
    const { url } = await serve(answer)
    await expect(coordinatorSeeds(await parts(), [url]).addresses(signal)).rejects.toMatchObject({
      code: expect.stringMatching(/^(PROTOCOL|TOO_LARGE)$/),
    })
  })

  it('come from any coordinator that answers, also from those that kept seeds name', async () => {
    const all = await parts()
    const far = await seedOf(await signer())
    const named = await serveSeeds([far])
    await all.cache.keep([await openSeed((await seedOf(await signer(), { url: named.url })).envelope, clock.now())])
    const dead = 'http://127.0.0.1:1'
    expect(await coordinatorSeeds(all, [dead]).addresses(signal)).toEqual(far.multiaddrs)
  })

  it('come soon after one has answered, however long another takes', async () => {
    const all = await parts()
    const good = await seedOf(await signer())
    const silent = createServer()
    servers.push(silent)
    await new Promise<void>(resolve => silent.listen(0, '127.0.0.1', resolve))
    const { port } = silent.address() as AddressInfo
    const { url } = await serveSeeds([good])
    const startedAt = performance.now()
    const found = coordinatorSeeds(all, [`http://127.0.0.1:${port}`, url]).addresses(signal)
    await vi.waitFor(() => expect(all.cache.seeds()).toHaveLength(1))
    await new Promise(setImmediate)
    clock.turn(0.5 * second)
    expect(await found).toEqual(good.multiaddrs)
    // The other is given up after ten.
    expect(performance.now() - startedAt).toBeLessThan(9 * second)
  })

  it('are asked for at the same path, whether the URL names it or not', () => {
    expect(seedUrl('https://a.example')).toBe('https://a.example/api/dht/bootstrap')
    expect(seedUrl('https://a.example/api/dht/bootstrap')).toBe('https://a.example/api/dht/bootstrap')
  })
})

describe('seeds that are kept', () => {
  it('outlive a restart, and are used for a day', async () => {
    const seed = await seedOf(await signer())
    await (await parts()).cache.keep([await openSeed(seed.envelope, clock.now())])
    clock.turn(23 * hour)
    const { cache } = await parts()
    expect(await keptSeeds(cache).addresses(signal)).toEqual(seed.multiaddrs)
    clock.turn(2 * hour)
    expect(await keptSeeds(cache).addresses(signal)).toEqual([])
  })

  it('are verified anew at a start, and forgotten where they no longer hold', async () => {
    const { cache } = await parts()
    const [good, ended] = [await seedOf(await signer()), await seedOf(await signer(), { now: clock.now() - 47 * hour })]
    for (const { envelope } of [good, ended]) await cache.keep([await openSeed(envelope, clock.now())])
    expect(cache.seeds()).toHaveLength(2)
    clock.turn(2 * hour)
    const { cache: later } = await parts()
    expect(await keptSeeds(later).addresses(signal)).toEqual(good.multiaddrs)
    later.stop()
    expect(later.seeds()).toEqual([])
  })

  it('are dropped where what is on disk is none, and used from memory where it cannot be written', async () => {
    const { cache } = await parts()
    const seed = await openSeed((await seedOf(await signer())).envelope, clock.now())
    await cache.keep([seed])
    for await (const { key } of datastore.query({})) datastore.put(key, new TextEncoder().encode('[{"envelope":7}]'))
    const { cache: later } = await parts()
    expect(later.seeds()).toEqual([])
    datastore.put = () => {
      throw new Error('the disk is full')
    }
    await later.keep([seed])
    expect(later.seeds().map(({ seed }) => seed)).toEqual([seed.seed])
  })

  it('are those of 32 coordinators at most, the newest', async () => {
    const { cache } = await parts()
    const seeds = await Promise.all(
      Array.from({ length: 33 }, async (_, age) => seedOf(await signer(), { now: clock.now() - age * hour })),
    )
    await cache.keep(await Promise.all(seeds.map(({ envelope }) => openSeed(envelope, clock.now()))))
    const { cache: later } = await parts()
    expect(later.seeds().map(({ seed }) => seed.node_id)).toEqual(seeds.slice(0, 32).map(seed => seed.node_id))
  })

  it('are what a coordinator said last', async () => {
    const { cache } = await parts()
    const who = await signer()
    const older = await seedOf(who)
    clock.turn(hour)
    const newer = await seedOf(who)
    for (const { envelope } of [newer, older]) await cache.keep([await openSeed(envelope, clock.now())])
    expect(cache.seeds().map(({ seed }) => seed.envelope)).toEqual([newer.envelope])
  })
})

describe('the edge router as a source', () => {
  it('is asked once, and what it says is kept for when it is not there', async () => {
    const all = await parts()
    const seed = await seedOf(await signer())
    const edge = await serveSeeds([seed])
    const source = edgeSeeds(all, { url: edge.url, clock })
    expect(source.lastResort).toBe(true)
    expect(await source.addresses(signal)).toEqual(seed.multiaddrs)
    await expect(source.addresses(signal)).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' })
    expect(edge.asked()).toBe(1)
    expect(all.allowance.today).toBe(1)
    expect(await keptSeeds(all.cache).addresses(signal)).toEqual(seed.multiaddrs)
  })
})
