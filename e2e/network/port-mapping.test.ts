import { afterEach, expect, it } from 'vitest'
import { type Milliseconds, minute } from '../../src/shared/units.ts'
import { isServed } from '../support/ask-in-place.ts'
import { canMakeInternet, type HomeMachine, Internet, type PublicMachine } from '../support/internet.ts'
import { clockAhead, NodeProcess } from '../support/node-process.ts'
import { hasMiniupnpd } from '../support/port-mapper.ts'
import { loopbackSite } from '../support/site.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const possible = canMakeInternet() && hasMiniupnpd()
if (!possible) console.log('Not root, or no nft or miniupnpd: routers that forward ports for who asks are not tested.')

let internet: Internet | undefined
let folder: { path: string; remove: () => Promise<void> } | undefined
const nodes: NodeProcess[] = []
/** How far the clocks of all of them have been turned. */
let aheadMs: Milliseconds = 0

afterEach(async () => {
  await Promise.all(nodes.splice(0).map(node => node.kill()))
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
    env: { ...clockAhead(aheadMs), DHT_CACHE_TTL: '5' },
  })
  nodes.push(node)
  return node
}

const findingsOf = async (node: NodeProcess): Promise<{ kind: string }[]> =>
  JSON.parse((await node.command(['doctor', '--json'])).stdout).findings
const addressesOf = async (node: NodeProcess): Promise<string[]> =>
  JSON.parse((await node.command(['status', '--json'])).stdout).self.addresses

const soon = 2 * minute

it.skipIf(!possible)(
  'a donor whose router comes to forward ports is reached by relay first, then directly; one that does not want it never asks',
  async () => {
    internet = await Internet.make()
    folder = await temporaryFolder()
    const forwards = { speaks: 'upnp-1', folder: folder.path } as const
    const far = await internet.server()
    const mapped: HomeMachine = await internet.home({ portMapping: { ...forwards, refuses: true } })
    const unmapped: HomeMachine = await internet.home({ portMapping: forwards })
    const elsewhere = await internet.home()
    const coordinator = await start('coordinator', far, [], 'coordinator')
    const seeds = (await coordinator.runtime()).addresses.flatMap(address => ['--seed', address])
    const donor = await start('donor', mapped, [...seeds, '--donate'])
    const unwilling = await start('unwilling', unmapped, [...seeds, '--no-port-mapping'])
    // Behind a router of its own, so that the donor cannot dial it.
    const requester = { node: await start('requester', elsewhere, seeds), machine: elsewhere }
    await isServed(requester, { worker: donor, path: 'relay' }, soon)
    expect(await findingsOf(donor)).toContainEqual(expect.objectContaining({ kind: 'port-refused', level: 'note' }))
    expect(mapped.portMapper?.mapped()).toEqual([])

    // Its owner allows it in the router. A quarter of an hour later the donor asks again.
    await mapped.portMapper?.set({ ...forwards, refuses: false })
    aheadMs = 16 * minute
    await Promise.all(nodes.map(node => node.turn(aheadMs)))
    await isServed(requester, { worker: donor, path: 'direct' }, soon)
    expect(await addressesOf(donor)).toContainEqual(expect.stringMatching(`^/ip4/${mapped.outside}/tcp/8468/p2p/`))
    // The port for other nodes, and no other.
    expect(mapped.portMapper?.mapped()).toEqual([8468])
    const kinds = await findingsOf(donor)
    expect(kinds).toContainEqual(expect.objectContaining({ kind: 'mapped' }))
    expect(kinds).toContainEqual(expect.objectContaining({ kind: 'port-mapped', port: 8468, proven: true }))
    await donor.stop()
    expect(mapped.portMapper?.mapped()).toEqual([])

    expect(unmapped.portMapper?.mapped()).toEqual([])
    expect(await addressesOf(unwilling)).not.toContainEqual(expect.stringContaining(`/ip4/${unmapped.outside}/`))
  },
  5 * minute,
)
