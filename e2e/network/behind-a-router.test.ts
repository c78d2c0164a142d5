import { afterEach, expect, it } from 'vitest'
import { second } from '../../src/shared/units.ts'
import { canMakeInternet, Internet, type PublicMachine } from '../support/internet.ts'
import { NodeProcess } from '../support/node-process.ts'
import { loopbackSite } from '../support/site.ts'
import { eventually } from '../support/swarm/swarm.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const possible = canMakeInternet()
if (!possible) console.log('Not root, or no nft: machines behind routers are not tested.')

let internet: Internet | undefined
let folder: { path: string; remove: () => Promise<void> } | undefined
const nodes: NodeProcess[] = []

afterEach(async () => {
  await Promise.all(nodes.map(node => node.kill()))
  await internet?.remove()
  await folder?.remove()
})

async function start(name: string, machine: PublicMachine, args: string[], command?: 'coordinator') {
  const node = await NodeProcess.start({
    folder: folder?.path ?? '',
    name,
    ...(command === undefined ? {} : { command }),
    site: { ...loopbackSite, command: machine.command },
    args: ['--network', 'charity', '--no-mdns', '--listen', machine.address, ...args],
  })
  nodes.push(node)
  return node
}

const addressesOf = async (node: NodeProcess): Promise<string[]> =>
  JSON.parse((await node.command(['status', '--json'])).stdout).self.addresses

it.skipIf(!possible)(
  'a donor behind a router lets itself be reached through a coordinator; a member with a public address serves the directory',
  async () => {
    internet = await Internet.make()
    folder = await temporaryFolder()
    const [far, open, home] = [await internet.server(), await internet.server(), await internet.home()]
    const coordinator = await start('coordinator', far, ['--location', 'leeds'], 'coordinator')
    const seeds = (await coordinator.runtime()).addresses.flatMap(address => ['--seed', address])
    // A coordinator vouches for its own public address.
    expect((await coordinator.runtime()).addresses[0]).toMatch(new RegExp(`^/ip4/${far.address}/tcp/8468/p2p/`))

    const member = await start('member', open, seeds)
    const donor = await start('donor', home, [...seeds, '--donate'])
    await eventually(async () => {
      expect(await addressesOf(member)).toEqual([expect.stringContaining(`/ip4/${open.address}/tcp/8468/`)])
    }, 30 * second)
    await eventually(async () => {
      expect(donor.log.join('\n')).toContain('others cannot reach this node directly')
      expect(await addressesOf(donor)).toContainEqual(
        expect.stringMatching(new RegExp(`^/ip4/${far.address}/tcp/8468/p2p/\\w+/p2p-circuit/p2p/`)),
      )
    }, 30 * second)

    expect(member.log.findLast(line => line.includes('reach this node')) ?? 'server').not.toContain('cannot')
  },
)
