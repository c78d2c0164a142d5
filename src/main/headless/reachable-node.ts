import type { Clock } from '../clock.ts'
import type { PortChoice } from '../config/node-config.ts'
import { removeRuntime, writeRuntime } from '../config/runtime-file.ts'
import { Lifecycle, type Startable } from '../lifecycle.ts'
import type { Logger } from '../log.ts'
import type { DonorNode } from '../node.ts'
import { createRpcHandler } from '../rpc/handler.ts'
import { DashboardServer } from './dashboard-server.ts'

export interface ReachableNodeComponents {
  node: DonorNode
  clock: Clock
  log: Logger
}

export interface ReachableNodeInit {
  /** Where the dashboard and the RPC are served, on loopback. */
  port: PortChoice
  /** The built renderer. */
  pagesFolder: string
}

/**
 * A running node and the ways for this machine's own programs to reach it: the dashboard and RPC on loopback, behind
 * the token, and the runtime file by which the command line finds them.
 */
export class ReachableNode implements Startable {
  readonly #dashboard: DashboardServer
  readonly #lifecycle = new Lifecycle()

  constructor({ node, clock, log }: ReachableNodeComponents, { port, pagesFolder }: ReachableNodeInit) {
    const { dataFolder } = node
    this.#dashboard = new DashboardServer(
      {
        rpc: createRpcHandler(node, log.child({ component: 'rpc' })),
        clock,
        log: log.child({ component: 'dashboard' }),
      },
      { port, token: node.accessToken, pagesFolder },
    )
    this.#lifecycle.add('node', node)
    this.#lifecycle.add('dashboard', this.#dashboard)
    this.#lifecycle.add('runtime file', {
      start: () => {
        const { peerId, addresses } = node.status.get().self
        return writeRuntime(dataFolder, {
          pid: process.pid,
          peerId,
          addresses,
          serviceUrl: `http://127.0.0.1:${node.servicePort}`,
          rpcUrl: this.#dashboard.rpcUrl,
          dashboardUrl: this.#dashboard.url,
          ...(node.publicUrl === undefined ? {} : { publicUrl: node.publicUrl }),
          ...(node.apiUrl === undefined ? {} : { apiUrl: node.apiUrl }),
        })
      },
      stop: () => removeRuntime(dataFolder),
    })
  }

  /** The address that lets a browser in. Throws before it has started. */
  get accessUrl(): string {
    return this.#dashboard.accessUrl
  }

  /** Rejects as the node does, and with PORT_IN_USE; nothing is left running then. */
  start(): Promise<void> {
    return this.#lifecycle.start()
  }

  stop(): Promise<void> {
    return this.#lifecycle.stop()
  }
}
