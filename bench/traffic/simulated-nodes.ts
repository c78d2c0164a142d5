import { MemoryDatastore } from 'datastore-core'
import type { Clock } from '../../src/main/clock.ts'
import { EdgeRegistrar } from '../../src/main/coordinator/edge-registrar.ts'
import { SeedBoard } from '../../src/main/coordinator/seed-board.ts'
import { AddressBook } from '../../src/main/dht/address-book.ts'
import { Bootstrap } from '../../src/main/dht/bootstrap.ts'
import { EdgeAllowance } from '../../src/main/dht/edge-allowance.ts'
import type { Host } from '../../src/main/dht/host.ts'
import { SeedCache } from '../../src/main/dht/seed-cache.ts'
import { type OpenSeed, SeedFetcher } from '../../src/main/dht/seed-fetcher.ts'
import { coordinatorSeeds, edgeSeeds, keptSeeds, knownPeers } from '../../src/main/dht/seed-source.ts'
import { Lifecycle, type Startable } from '../../src/main/lifecycle.ts'
import { LiveValue } from '../../src/main/live-value.ts'
import type { Logger } from '../../src/main/log.ts'
import { type CaKey, generateCaKey } from '../../src/shared/membership/ca-key.ts'
import { issueCertificate, verifyCertificate } from '../../src/shared/membership/certificate.ts'
import { networkId } from '../../src/shared/membership/network-id.ts'
import { openSeed } from '../../src/shared/membership/seed-envelope.ts'
import { day } from '../../src/shared/units.ts'
import type { SimulatedWeb } from './simulated-web.ts'
import { SimulatedHost, type SimulatedWires } from './simulated-wires.ts'

export interface World {
  wires: SimulatedWires
  web: SimulatedWeb
  clock: Clock
  log: Logger
  edgeUrl: string
  network: SimulatedNetwork
}

export interface SimulatedNetwork {
  ca: CaKey
  name: string
  networkId: string
}

export async function makeNetwork(name: string): Promise<SimulatedNetwork> {
  const ca = await generateCaKey()
  return { ca, name, networkId: networkId(name, ca.publicKey) }
}

interface NodeRole {
  /** Parts besides those that each node has. */
  further?(node: SimulatedNode): [name: string, part: Startable][]
}

/** A coordinator: it makes its seed, hands it out over HTTP, and registers it at the edge router. */
export async function makeCoordinator(world: World, number: number): Promise<SimulatedNode> {
  const { network, clock, log, web, edgeUrl } = world
  const { networkId } = network
  const certificates = new Map<string, string>()
  const node = await SimulatedNode.make(world, number, {
    further({ host, edge }) {
      const signer = { peerId: host.id, sign: (content: Uint8Array) => host.privateKey.sign(content) }
      const url = `https://coordinator-${number}.example.org`
      const seeds = new SeedBoard(
        {
          signer,
          addresses: { get: () => [host.address], port: () => 8468, onChange: () => () => undefined },
          others: () => [],
          certificate: () => certificates.get(host.id),
          clock,
          log,
        },
        { networkId, tunnelUrl: url, location: () => 'london' },
      )
      web.serve(url, async () => Response.json(seeds.answer()))
      const revocations = new LiveValue<string | undefined>(undefined)
      const parts = { seed: seeds.own, signer, revocations, allowance: edge, clock, log }
      return [
        ['seeds', seeds],
        ['edge registrar', new EdgeRegistrar(parts, { url: edgeUrl, networkId })],
      ]
    },
  })
  const { id: peerId } = node.host
  const request = { peerId, networkId, roles: ['coordinator' as const], issuedAt: clock.now(), lifeMs: 7 * day }
  certificates.set(peerId, await issueCertificate(request, network.ca))
  return node
}

/** A node as far as it has to do with getting in: put together as `compose/network.ts` does, on simulated wires. */
export class SimulatedNode {
  readonly host: SimulatedHost
  readonly edge: EdgeAllowance
  readonly #world: World
  readonly #lifecycle = new Lifecycle()

  static async make(world: World, number: number, role: NodeRole = {}): Promise<SimulatedNode> {
    return new SimulatedNode(world, await SimulatedHost.make(world.wires, number), role)
  }

  private constructor(world: World, host: SimulatedHost, { further = () => [] }: NodeRole) {
    const { web, clock, log, edgeUrl, network } = world
    const datastore = new MemoryDatastore()
    const id = network.networkId
    const check = { networkId: id, caPublicKey: network.ca.publicKey }
    const open: OpenSeed = (envelope, now) =>
      web.track(() =>
        openSeed(envelope, {
          networkId: id,
          now,
          verifyCertificate: (token, now) => verifyCertificate(token, { ...check, now }),
        }),
      )
    this.#world = world
    this.host = host
    const addressBook = new AddressBook({ datastore, clock, log }, { networkId: id })
    const cache = new SeedCache({ datastore, openSeed: open, clock, log }, { networkId: id })
    this.edge = new EdgeAllowance({ datastore, clock, log })
    const fetcher = new SeedFetcher({ openSeed: open, clock, log })
    const parts = { fetcher, cache, allowance: this.edge, clock }
    const bootstrap = new Bootstrap({
      host: host.asHost() as Host,
      addressBook,
      // Nothing is configured but the edge router: the case in which it is asked most.
      sources: [
        knownPeers(addressBook),
        keptSeeds(cache),
        coordinatorSeeds(parts, []),
        edgeSeeds(parts, { url: edgeUrl, clock }),
      ],
      clock,
      log,
    })
    bootstrap.state.subscribe(({ peers }) => {
      if (peers > 0) void this.edge.helped()
    })
    this.#lifecycle.add('address book', addressBook)
    this.#lifecycle.add('kept seeds', cache)
    this.#lifecycle.add('edge allowance', this.edge)
    this.#lifecycle.add('wires', { start: () => world.wires.up(host), stop: () => world.wires.down(host) })
    for (const [name, part] of further(this)) this.#lifecycle.add(name, part)
    this.#lifecycle.add('bootstrap', bootstrap)
  }

  start(): Promise<void> {
    return this.#world.web.track(() => this.#lifecycle.start())
  }

  stop(): Promise<void> {
    return this.#world.web.track(() => this.#lifecycle.stop())
  }
}
