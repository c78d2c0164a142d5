import { join } from 'node:path'
import { temporaryFolder } from '../../../e2e/support/temporary-folder.ts'
import { type Flags, loadConfig } from '../config/node-config.ts'
import { createLog, LogBuffer } from '../log.ts'
import { createNode, type DonorNode } from '../node.ts'
import { engineEntries } from '../services/engine-launcher.ts'
import { createForkLauncher } from '../services/fork-launcher.ts'

/** Nodes in this process, on free ports of loopback alone, each with a data folder in one temporary folder. */
export class StartedNodes {
  readonly #folder: Awaited<ReturnType<typeof temporaryFolder>>
  readonly #nodes = new Set<DonorNode>()

  private constructor(folder: Awaited<ReturnType<typeof temporaryFolder>>) {
    this.#folder = folder
  }

  static async create(): Promise<StartedNodes> {
    return new StartedNodes(await temporaryFolder())
  }

  get folder(): string {
    return this.#folder.path
  }

  async start(name: string, flags: Flags = {}): Promise<DonorNode> {
    const logBuffer = new LogBuffer()
    const log = createLog({ level: 'info', buffer: logBuffer })
    const config = await loadConfig({
      env: {},
      flags: {
        dataFolder: join(this.folder, name),
        mdns: false,
        listen: ['127.0.0.1'],
        dhtPort: 0,
        servicePort: 0,
        loopbackSwarm: true,
        dedicated: true,
        systemRoot: join(this.folder, 'no-sensors'),
        ...flags,
      },
    })
    const bundleUrl = new URL('../node.ts', import.meta.url).href
    const node = await createNode({
      config,
      workerType: 'headless',
      version: '0.0.0',
      launchEngine: createForkLauncher({ entries: engineEntries(bundleUrl), log }),
      bundleUrl,
      log,
      logBuffer,
    })
    await node.start()
    this.#nodes.add(node)
    return node
  }

  async stop(node: DonorNode): Promise<void> {
    this.#nodes.delete(node)
    await node.stop()
  }

  /** Stops all that run and removes what they kept. */
  async remove(): Promise<void> {
    await Promise.all([...this.#nodes].map(node => this.stop(node)))
    await this.#folder.remove()
  }
}
