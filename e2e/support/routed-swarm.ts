import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { request } from 'undici'
import { upstreamSettingsSchema } from '../../src/shared/schema/service-settings.ts'
import { defaultSettings, type Settings } from '../../src/shared/schema/settings.ts'
import { second } from '../../src/shared/units.ts'
import { NodeProcess, onLoopback } from './node-process.ts'
import { eventually } from './swarm/swarm.ts'
import { temporaryFolder } from './temporary-folder.ts'
import { UpstreamServer } from './upstream-server.ts'

export interface Asked {
  status: number
  worker: string | undefined
  body: string
  tookMs: number
}

export interface AskInit {
  service: string
  body: string
  id?: string
  deadlineMs?: number
  signal?: AbortSignal
}

/** What a node is started with beside what all are. */
interface NodeOptions {
  args?: readonly string[]
  env?: NodeJS.ProcessEnv
}

/** Built nodes, each a process of its own, whose services one server in the test's process does. */
export class RoutedSwarm {
  readonly upstream = new UpstreamServer()
  readonly nodes: NodeProcess[] = []
  readonly #folder: { path: string; remove: () => Promise<void> }

  private constructor(folder: { path: string; remove: () => Promise<void> }) {
    this.#folder = folder
  }

  static async make(): Promise<RoutedSwarm> {
    const swarm = new RoutedSwarm(await temporaryFolder())
    await swarm.upstream.start()
    return swarm
  }

  async remove(): Promise<void> {
    await Promise.all(this.nodes.map(node => node.kill()))
    this.upstream.stop()
    await this.#folder.remove()
  }

  /** Data folder of the node of that name. */
  folderOf(name: string): string {
    return join(this.#folder.path, name)
  }

  /** Starts a node; the first one is the seed of all others. Each looks for workers anew after 10 s. */
  async node(name: string, { args = [], env = {} }: NodeOptions = {}): Promise<NodeProcess> {
    const first = this.nodes[0]
    const seeds = first === undefined ? [] : (await first.runtime()).addresses.flatMap(address => ['--seed', address])
    const node = new NodeProcess({
      folder: this.#folder.path,
      name,
      args: [...onLoopback, ...seeds, ...args],
      env: { DHT_CACHE_TTL: '10', ...env },
    })
    this.nodes.push(node)
    await node.dashboardUrl()
    return node
  }

  /** Starts a node that donates `services`, each done by the server at its path. */
  async worker(
    name: string,
    services: Record<string, { path: string; idempotent?: boolean }>,
    { args = [], env = {} }: NodeOptions = {},
  ): Promise<NodeProcess> {
    const settings: Settings = {
      ...defaultSettings,
      services: Object.fromEntries(
        Object.entries(services).map(([type, { path, idempotent = false }]) => [
          type,
          {
            enabled: true,
            slots: 4,
            upstream: upstreamSettingsSchema.parse({
              url: this.upstream.url(path),
              maxBytes: 128 * 1_024 * 1_024,
              idempotent,
            }),
          },
        ]),
      ),
    }
    const folder = this.folderOf(name)
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await writeFile(join(folder, 'settings.json'), JSON.stringify(settings), { mode: 0o600 })
    return await this.node(name, { args: ['--donate', ...args], env })
  }

  /** Asks until every one of `workers` has answered, so that the asker knows them all. */
  async known(asker: NodeProcess, service: string, workers: readonly NodeProcess[]): Promise<void> {
    const wanted = new Set(await Promise.all(workers.map(async worker => (await worker.runtime()).peerId)))
    await eventually(async () => {
      const { worker = '' } = await ask(asker, { service, body: 'who is there' })
      wanted.delete(worker)
      if (wanted.size > 0) throw new Error(`${wanted.size} workers for ${service} have not answered yet`)
    }, 30 * second)
  }
}

/** Asks for a service through a node, as a program on its machine does. */
export async function ask(node: NodeProcess, { service, body, id, deadlineMs, signal }: AskInit): Promise<Asked> {
  const { serviceUrl } = await node.runtime()
  const startedAt = performance.now()
  const response = await request(`${serviceUrl}/service/${service}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${await node.token()}`,
      'content-type': 'text/plain',
      ...(id === undefined ? {} : { 'x-rma-request-id': id }),
      ...(deadlineMs === undefined ? {} : { 'x-rma-deadline-ms': String(deadlineMs) }),
    },
    body,
    signal: signal ?? null,
  })
  const text = await response.body.text()
  const worker = response.headers['x-rma-worker']
  return {
    status: response.statusCode,
    worker: typeof worker === 'string' ? worker : undefined,
    body: text,
    tookMs: performance.now() - startedAt,
  }
}

/** Resident memory of a process in MiB, on Linux. */
export async function residentMiB(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1_024
}
