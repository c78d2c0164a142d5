import { createTestNode, joined, type TestNode } from '../../src/main/directory/test-network.ts'
import type { LocalServices } from '../../src/main/service-request.ts'
import { minute } from '../../src/shared/units.ts'
import { type RoutingNode, startRoutingNode } from '../routing/routing-node.ts'

/** A node of the load benchmark: the network part and the requests. */
export interface LoadNode {
  readonly network: TestNode
  readonly requests: RoutingNode
  stop(): Promise<void>
}

export interface LoadNodeInit {
  services: LocalServices
  seeds: string[]
  hedging?: boolean
}

/**
 * Starts a node and waits until it has somebody to ask. Connections are not checked: in few processes so many nodes would
 * do little else.
 */
export async function startLoadNode({ services, seeds, hedging = false }: LoadNodeInit): Promise<LoadNode> {
  const network = await createTestNode({ network: 'load', seeds, connectionCheckIntervalMs: 10 * minute })
  await network.start()
  if (seeds.length > 0) await joined(network)
  const requests = await startRoutingNode({ host: network.host, services, workers: network.directory.cache, hedging })
  return {
    network,
    requests,
    async stop() {
      await requests.stop()
      await network.stop()
    },
  }
}
