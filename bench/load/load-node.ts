import { multiaddr } from '@multiformats/multiaddr'
import { createTestNode, joined, type TestNode } from '../../src/main/directory/test-network.ts'
import type { LocalServices } from '../../src/main/service-request.ts'
import { minute } from '../../src/shared/units.ts'
import { type RoutingNode, startRoutingNode } from '../routing/routing-node.ts'

export interface LoadNodeInit {
  services: LocalServices
  seeds: string[]
}

/** A node of the load benchmark: the network part and the requests. */
export class LoadNode {
  readonly network: TestNode
  readonly #services: LocalServices
  #requests: RoutingNode

  private constructor(network: TestNode, services: LocalServices, requests: RoutingNode) {
    this.network = network
    this.#services = services
    this.#requests = requests
  }

  /**
   * Starts a node and waits until it has somebody to ask. Connections are not checked: in few processes so many nodes would
   * do little else.
   */
  static async start({ services, seeds }: LoadNodeInit): Promise<LoadNode> {
    const network = await createTestNode({ network: 'load', seeds, connectionCheckIntervalMs: 10 * minute })
    await network.start()
    if (seeds.length > 0) await joined(network)
    return new LoadNode(network, services, await startRequests(network, services, false))
  }

  get requests(): RoutingNode {
    return this.#requests
  }

  /** Forgets what it has experienced; connections and what is cached stay. */
  async startAfresh({ hedging }: { hedging: boolean }): Promise<void> {
    await this.#requests.stop()
    this.#requests = await startRequests(this.network, this.#services, hedging)
  }

  /** Connects to the workers of a service that it would choose from, one after the other; returns how many it could not. */
  async connect(service: string, signal: AbortSignal): Promise<number> {
    const { directory, host } = this.network
    const { workers } = await directory.cache.lookup(service, { signal })
    let missing = 0
    for (const { peerId, record } of workers) {
      const addresses = record.addresses.map(address => multiaddr(`${address}/p2p/${peerId}`))
      await host.libp2p.dial(addresses, { signal }).catch(() => missing++)
      signal.throwIfAborted()
    }
    return missing
  }

  async stop(): Promise<void> {
    await this.#requests.stop()
    await this.network.stop()
  }
}

function startRequests({ host, directory }: TestNode, services: LocalServices, hedging: boolean): Promise<RoutingNode> {
  return startRoutingNode({ host, services, workers: directory.cache, hedging })
}
