import { CloudflareEdge } from '../../e2e/support/cloudflare/edge.ts'
import { openTunnel } from '../../e2e/support/cloudflare/open-tunnel.ts'
import { hasNebula } from '../../e2e/support/has-nebula.ts'
import { canMakeNamespaces } from '../../e2e/support/site.ts'
import { temporaryFolder } from '../../e2e/support/temporary-folder.ts'
import type { PathKind } from '../../src/shared/schema/primitives.ts'
import { type BenchmarkOptions, median } from '../benchmark.ts'
import { percentile } from '../timing.ts'
import { NebulaPair, nebulaPort } from './nebula-pair.ts'
import { RoutingProcess } from './routing-process.ts'
import type { NodePlace } from './routing-words.ts'

export interface Ways {
  metrics: Record<string, number>
  /** What could not be measured here, and why. */
  skipped: Record<string, string>
}

/** A worker that can be reached in one way only, and who asks it. */
interface Way {
  asker: RoutingProcess
  worker: NodePlace
  stop(): Promise<void>
}

/** The same requests as those that go directly, through a relay, a tunnel and a VPN; each end a process of its own. */
export async function measureWays(options: BenchmarkOptions, requests: number): Promise<Ways> {
  const metrics = {
    ...(await measure('relay', 'Relay', throughRelay, options, requests)),
    ...(await measure('tunnel', 'Tunnel', throughTunnel, options, requests)),
  }
  if (!canMakeNamespaces() || !hasNebula()) return { metrics, skipped: { vpn: 'skipped: needs root and nebula' } }
  return { metrics: { ...metrics, ...(await measure('vpn', 'Vpn', throughVpn, options, requests)) }, skipped: {} }
}

async function measure(
  kind: PathKind,
  name: string,
  open: () => Promise<Way>,
  { progress, repeats, signal }: BenchmarkOptions,
  requests: number,
): Promise<Record<string, number>> {
  progress(`making a way: ${kind}`)
  const { asker, worker, stop } = await open()
  const [middle, tail]: [number[], number[]] = [[], []]
  try {
    for (let repeat = 1; repeat <= repeats; repeat++) {
      signal.throwIfAborted()
      progress(`forwarding by ${kind}, ${repeat} of ${repeats}`)
      const { times, paths } = await asker.ask(worker, requests)
      if (paths.join() !== kind) throw new Error(`expected requests to go by ${kind}, got ${paths.join()}`)
      middle.push(percentile(times, 0.5))
      tail.push(percentile(times, 0.99))
    }
  } finally {
    await stop()
  }
  return { [`forward${name}.p50`]: median(middle), [`forward${name}.p99`]: median(tail) }
}

/** The relay is a third process: a coordinator's, without its byte rate being reached. */
async function throughRelay(): Promise<Way> {
  const relay = await RoutingProcess.start({ answer: 'echo', relays: true })
  const worker = await RoutingProcess.start({ answer: 'echo', behind: relay })
  const asker = await RoutingProcess.start({ answer: 'echo' })
  return { asker, worker, stop: () => stopAll([asker, worker, relay]) }
}

/** TLS ends at a stand-in for Cloudflare's edge, in this process, and a stand-in cloudflared leads to the worker. */
async function throughTunnel(): Promise<Way> {
  const folder = await temporaryFolder()
  const edge = await CloudflareEdge.start(folder.path)
  const worker = await RoutingProcess.start({ answer: 'echo' })
  const tunnel = await openTunnel(edge, worker.doorUrl, folder.path)
  const asker = await RoutingProcess.start({ answer: 'echo' }, { env: edge.environment })
  return {
    asker,
    worker: { peerId: worker.peerId, addresses: [], tunnelUrl: `https://${tunnel.hostname}` },
    async stop() {
      await stopAll([asker, worker])
      await tunnel.stop()
      await edge.stop()
      await folder.remove()
    },
  }
}

/** Two machines whose nodes know each other's addresses in the VPN alone. */
async function throughVpn(): Promise<Way> {
  const pair = await NebulaPair.start()
  const listen = { ip: '0.0.0.0', port: nebulaPort }
  const [worker, asker] = await Promise.all(
    pair.machines.map(machine => RoutingProcess.start({ answer: 'echo', listen }, machine)),
  )
  if (worker === undefined || asker === undefined) throw new Error('expected two machines')
  const place = { peerId: worker.peerId, addresses: [], vpnIp: pair.machines[0].vpnIp }
  return {
    asker,
    worker: place,
    async stop() {
      await stopAll([asker, worker])
      await pair.stop()
    },
  }
}

async function stopAll(processes: readonly RoutingProcess[]): Promise<void> {
  await Promise.all(processes.map(each => each.stop()))
}
