import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { multiaddr } from '@multiformats/multiaddr'
import type { NodeProcess } from '../node-process.ts'
import { RoutedSwarm } from '../routed-swarm.ts'
import { FaultProxy } from './fault-proxy.ts'

const preload = pathToFileURL(join(import.meta.dirname, 'through-proxy.mjs'))

/** Built nodes whose ways to each other can be made worse. */
export class FaultySwarm {
  readonly proxy: FaultProxy
  readonly routed: RoutedSwarm

  private constructor(proxy: FaultProxy, routed: RoutedSwarm) {
    this.proxy = proxy
    this.routed = routed
  }

  static async make(seed: number): Promise<FaultySwarm> {
    const proxy = new FaultProxy({ seed })
    await proxy.start()
    return new FaultySwarm(proxy, await RoutedSwarm.make())
  }

  async remove(): Promise<void> {
    await this.routed.remove()
    this.proxy.stop()
  }

  async node(name: string): Promise<NodeProcess> {
    return await this.#named(await this.routed.node(name, { env: this.#env(name) }))
  }

  /** One that offers `ocr`, which may be asked for twice, and `letters`, which may not. */
  async worker(name: string): Promise<NodeProcess> {
    const path = `/work/${name}`
    const services = { ocr: { path, idempotent: true }, letters: { path } }
    return await this.#named(await this.routed.worker(name, services, { env: this.#env(name) }))
  }

  /** Announces anew each 3 s, so that what a fault has hidden is known again soon. */
  #env(name: string): NodeJS.ProcessEnv {
    return {
      NODE_OPTIONS: `--import=${preload}`,
      TEST_FAULT_PROXY: String(this.proxy.port),
      TEST_FAULT_NAME: name,
      DHT_HEARTBEAT_INTERVAL: '3',
    }
  }

  async #named(node: NodeProcess): Promise<NodeProcess> {
    const { addresses } = await node.runtime()
    for (const address of addresses) {
      const port = multiaddr(address)
        .getComponents()
        .find(({ name }) => name === 'tcp')?.value
      if (port !== undefined) this.proxy.name(Number(port), node.name)
    }
    return node
  }
}
