import { dirname } from 'node:path'
import { multiaddr } from '@multiformats/multiaddr'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createTestHost } from '../../src/main/directory/test-network.ts'
import { processIdentity } from '../../src/main/tunnels/sidecar/process-identity.ts'
import { tunnelSchema } from '../../src/shared/schema/tunnel.ts'
import { second } from '../../src/shared/units.ts'
import { askInPlace } from '../support/ask-in-place.ts'
import { CloudflareEdge } from '../support/cloudflare/edge.ts'
import { NodeProcess, onLoopback } from '../support/node-process.ts'
import { loopbackSite } from '../support/site.ts'
import { eventually } from '../support/swarm/swarm.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let edge: CloudflareEdge
let outOfReach: () => void
const nodes: NodeProcess[] = []

beforeEach(async () => {
  folder = await temporaryFolder()
  edge = await CloudflareEdge.start(folder.path)
  outOfReach = edge.comeIntoReach()
})

afterEach(async () => {
  await Promise.all(nodes.splice(0).map(node => node.kill()))
  outOfReach()
  await edge.stop()
  await folder.remove()
})

async function startDonor(): Promise<NodeProcess> {
  const program = await edge.cloudflared()
  const env = { ...edge.environment, PATH: `${dirname(program)}:${process.env.PATH}` }
  const node = await NodeProcess.start({ folder: folder.path, name: 'donor', args: [...onLoopback, '--donate'], env })
  nodes.push(node)
  return node
}

async function tunnelOf(node: NodeProcess) {
  return tunnelSchema.parse(JSON.parse((await node.command(['tunnel', 'status', '--json'])).stdout))
}

async function readyUrl(node: NodeProcess): Promise<string> {
  let url = ''
  await eventually(async () => {
    const view = await tunnelOf(node)
    expect(view.kind).toBe('ready')
    if (view.kind === 'ready') url = view.url
  }, 30 * second)
  return url
}

it('a worker that names the tunnel of somebody else is not reached through it, nor is a request taken by the other', async () => {
  const victim = await startDonor()
  await victim.command(['donate', 'off'])
  await victim.command(['tunnel', 'on'])
  const url = await readyUrl(victim)
  const seeds = (await victim.runtime()).addresses.flatMap(address => ['--seed', address])
  const startBeside = async (name: string, args: string[], env: NodeJS.ProcessEnv) => {
    const node = await NodeProcess.start({
      folder: folder.path,
      name,
      args: [...onLoopback, ...seeds, ...args],
      env: { DHT_CACHE_TTL: '5', ...env },
    })
    nodes.push(node)
    return node
  }
  const liar = await startBeside('liar', ['--donate', '--public-port', '0'], { TUNNEL_URL: url })
  const requester = await startBeside('requester', [], edge.environment)
  const { peerId } = await liar.runtime()
  await eventually(async () => {
    expect(await askInPlace(requester, loopbackSite)).toMatchObject({ status: 200, worker: peerId, path: 'direct' })
  }, 30 * second)
  // Its record lives on, and of the ways that it names the tunnel alone still leads somewhere.
  await liar.kill()
  const before = edge.asked.length
  const answer = await askInPlace(requester, loopbackSite, 5 * second)
  expect([answer.status, answer.worker]).toEqual([503, null])
  expect(answer.text).toContain('NO_WORKER')
  expect(edge.asked.slice(before)).toEqual([expect.stringMatching(/^GET /)])
})

it('a tunnel leads to the node, for peers and with tickets, never to its dashboard, and outlives no kill -9', async () => {
  const donor = await startDonor()
  const { code, stderr } = await donor.command(['tunnel', 'on'])
  expect(code, stderr).toBe(0)
  const url = await readyUrl(donor)
  expect(url).toMatch(/^https:\/\/[a-z0-9-]+\.trycloudflare\.com$/)

  const { peerId } = await donor.runtime()
  const stranger = await createTestHost({ network: 'local' })
  await stranger.start()
  const address = `/dns4/${new URL(url).hostname}/tcp/443/tls/ws/p2p/${peerId}`
  const connection = await stranger.dial(multiaddr(address), AbortSignal.timeout(10 * second))
  expect(connection.remotePeer.toString()).toBe(peerId)
  await stranger.libp2p.services.ping.ping(multiaddr(address))
  await stranger.stop()

  // What the tunnel leads to is the listener for tickets: neither the dashboard nor a service without one.
  const { dashboardUrl } = await donor.runtime()
  const through = await fetch(new URL(new URL(dashboardUrl).pathname, url), { redirect: 'manual' })
  expect(through.status).toBe(404)
  const asked = await fetch(`${url}/service/ner-extraction`, { method: 'POST', body: 'Dear Ms Okafor' })
  expect(asked.status).toBe(401)

  const [orphan] = edge.connectors
  expect(await processIdentity(orphan?.pid ?? 0)).toBeDefined()
  await donor.kill()
  nodes.splice(nodes.indexOf(donor), 1)
  const again = await startDonor()
  expect(await processIdentity(orphan?.pid ?? 0)).toBeUndefined()
  expect(await readyUrl(again)).not.toBe(url)
})
