import { execFile } from 'node:child_process'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, expect, it } from 'vitest'
import { networkId } from '../../src/shared/membership/network-id.ts'
import { minute } from '../../src/shared/units.ts'
import { isServed } from '../support/ask-in-place.ts'
import { EdgeProcess } from '../support/cloudflare/edge-process.ts'
import { canMakeInternet, Internet, type PublicMachine } from '../support/internet.ts'
import { NodeProcess } from '../support/node-process.ts'
import { loopbackSite } from '../support/site.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const possible = canMakeInternet()
if (!possible) console.log('Not root, or no nft: machines behind two routers are not tested.')

const network = 'charity'
const knocker = fileURLToPath(new URL('../support/knock-child.ts', import.meta.url))

let internet: Internet | undefined
let folder: { path: string; remove: () => Promise<void> } | undefined
let edge: EdgeProcess | undefined
const nodes: NodeProcess[] = []

afterEach(async () => {
  await Promise.all([...nodes.splice(0).map(node => node.kill()), edge?.kill()])
  await internet?.remove()
  await folder?.remove()
})

async function start(
  name: string,
  machine: PublicMachine,
  { args = [], env = {}, command }: { args?: string[]; env?: NodeJS.ProcessEnv; command?: 'coordinator' },
) {
  const node = await NodeProcess.start({
    folder: folder?.path ?? '',
    name,
    ...(command === undefined ? {} : { command }),
    site: { ...loopbackSite, command: machine.command },
    args: ['--network', network, '--no-mdns', '--listen', machine.address, ...args],
    env: { DHT_CACHE_TTL: '5', ...env },
  })
  nodes.push(node)
  return { node, machine, peerId: (await node.runtime()).peerId }
}

const soon = 2 * minute

type Placed = Awaited<ReturnType<typeof start>>

/** Who opens at that address for that peer, knocked at from where a node is. */
async function knock({ machine }: Placed, ip: string, peerId: string): Promise<unknown> {
  const address = `/ip4/${ip}/tcp/8468/p2p/${peerId}`
  const [program, args] = machine.command(process.execPath, [knocker, networkId(network), address])
  return JSON.parse((await promisify(execFile)(program, args)).stdout)
}

it.skipIf(!possible)(
  'a donor and a requester behind two routers, who cannot dial each other, meet through a relay, and through a tunnel while there is one',
  async () => {
    internet = await Internet.make()
    folder = await temporaryFolder()
    const [far, cloud, home, elsewhere] = [
      await internet.server(),
      await internet.server(),
      await internet.home(),
      await internet.home(),
    ]
    edge = await EdgeProcess.start(folder.path, cloud)
    const coordinator = await start('coordinator', far, { command: 'coordinator' })
    const seeds = (await coordinator.node.runtime()).addresses.flatMap(address => ['--seed', address])
    const PATH = `${dirname(edge.program)}:${process.env.PATH}`
    const donor = await start('donor', home, { args: [...seeds, '--donate'], env: { ...edge.environment, PATH } })
    const requester = await start('requester', elsewhere, { args: seeds, env: edge.environment })

    // Who can be dialled opens; these two do not, neither to the other, at whatever address.
    const tries: [Placed, string, Placed][] = [
      [requester, far.address, coordinator],
      [requester, home.outside, donor],
      [requester, home.address, donor],
      [donor, elsewhere.outside, requester],
    ]
    const knocks = Promise.all(tries.map(([from, ip, to]) => knock(from, ip, to.peerId)))
    await isServed(requester, { worker: donor.node, path: 'relay' }, soon)
    const [opened, ...shut] = await knocks
    expect(opened).toEqual({ opened: coordinator.peerId })
    for (const each of shut) expect(each).toEqual({ failed: expect.any(String) })

    const { code, stderr } = await donor.node.command(['tunnel', 'on'])
    expect(code, stderr).toBe(0)
    await isServed(requester, { worker: donor.node, path: 'tunnel' }, soon)

    await edge.kill()
    await isServed(requester, { worker: donor.node, path: 'relay' }, soon)
  },
  7 * minute,
)
