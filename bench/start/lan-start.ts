import { NodeProcess, type NodeProcessInit } from '../../e2e/support/node-process.ts'
import { temporaryFolder } from '../../e2e/support/temporary-folder.ts'
import { connectToNode } from '../../src/main/rpc/client.ts'
import { elapsed } from '../timing.ts'

/** Of each repeat, in milliseconds from the start of the process. */
export interface LanFigures {
  dashboardMs: number[]
  joinedMs: number[]
}

const onFreePorts = ['--dht-port', '0', '--service-port', '0', '--dashboard-port', '0']

/** Starts nodes one after the other beside one that is there, and prints how long each took. Runs where the LAN is. */
async function measure(repeats: number, multicast: boolean): Promise<LanFigures> {
  const folder = await temporaryFolder()
  const nodes: NodeProcess[] = []
  const startNode = (init: Pick<NodeProcessInit, 'name' | 'args'>) => {
    const node = new NodeProcess({ folder: folder.path, ...init })
    nodes.push(node)
    return node
  }
  const figures: LanFigures = { dashboardMs: [], joinedMs: [] }
  try {
    const alone = multicast ? [] : ['--no-mdns', '--listen', '127.0.0.1']
    const peer = startNode({ name: 'peer', args: [...onFreePorts, ...alone] })
    await peer.dashboardUrl()
    const seeds = multicast ? [] : (await peer.runtime()).addresses.flatMap(address => ['--seed', address])
    for (let repeat = 0; repeat < repeats; repeat++) {
      const startedAt = performance.now()
      const node = startNode({ name: `node-${repeat}`, args: [...onFreePorts, ...alone, ...seeds] })
      await openDashboard(await node.dashboardUrl())
      const dashboardMs = performance.now() - startedAt
      figures.dashboardMs.push(dashboardMs)
      figures.joinedMs.push(dashboardMs + (await elapsed(() => joined(node))))
      await node.stop()
    }
    return figures
  } finally {
    await Promise.all(nodes.map(node => node.kill()))
    await folder.remove()
  }
}

/** As a browser does: the link with the token is answered with a cookie, and the way to the page. */
async function openDashboard(link: string): Promise<void> {
  const { headers } = await fetch(link, { redirect: 'manual' })
  const cookie = headers.getSetCookie().map(each => each.split(';')[0])
  const response = await fetch(new URL('/', link), { headers: { cookie: cookie.join('; ') } })
  await response.text()
  if (!response.ok) throw new Error(`expected the dashboard, got HTTP status ${response.status}`)
}

async function joined(node: NodeProcess): Promise<void> {
  const client = await connectToNode((await node.runtime()).rpcUrl, await node.token())
  try {
    for await (const { counts } of await client.rpc.network.watch()) if (counts.connected > 0) return
  } finally {
    client.close()
  }
}

const [, , repeats, multicast] = process.argv
console.log(JSON.stringify(await measure(Number(repeats), multicast === 'true')))
