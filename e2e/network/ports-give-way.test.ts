import { afterEach, beforeEach, expect, it } from 'vitest'
import { second } from '../../src/shared/units.ts'
import { NodeProcess } from '../support/node-process.ts'
import { canMakeNamespaces, makeNamespace, type Site } from '../support/site.ts'
import { eventually } from '../support/swarm/swarm.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const possible = canMakeNamespaces()
if (!possible)
  console.log('Not root: unconfigured nodes on one machine are not tested, as they would speak on the LAN.')

let site: Site | undefined
let folder: { path: string; remove: () => Promise<void> }
let nodes: NodeProcess[]

beforeEach(async () => {
  folder = await temporaryFolder()
  nodes = []
})

afterEach(async () => {
  await Promise.all(nodes.map(node => node.kill()))
  await site?.remove()
  await folder.remove()
})

it.skipIf(!possible)('lets three nodes that nobody configured share one machine and find each other', async () => {
  const machine = await makeNamespace()
  site = machine
  const startedAt = Date.now()
  nodes = ['a', 'b', 'c'].map(name => new NodeProcess({ folder: folder.path, name, site: machine }))
  await Promise.all(nodes.map(node => node.dashboardUrl()))
  const runtimes = await Promise.all(nodes.map(node => node.runtime()))
  const ports = runtimes.map(({ addresses, serviceUrl, dashboardUrl }) => [
    ...new Set(addresses.map(address => Number(/\/tcp\/(\d+)/.exec(address)?.[1]))),
    Number(new URL(serviceUrl).port),
    Number(new URL(dashboardUrl).port),
  ])
  const byPurpose = [0, 1, 2].map(purpose => ports.map(each => each[purpose]).sort())
  console.log(`ports taken: ${byPurpose.join(' | ')}`)
  // The dashboard's default ports begin two above those for other nodes: a node may be pushed on by either kind.
  expect(new Set(ports.flat()).size).toBe(9)
  for (const [purpose, first] of [8468, 8000, 8470].entries())
    for (const port of byPurpose[purpose] ?? []) expect(port).toSatisfy(given => given >= first && given < first + 20)

  const ids = runtimes.map(({ peerId }) => peerId)
  for (const node of nodes) {
    await eventually(async () => {
      const { stdout } = await node.command(['topology', '--json'])
      const own = (await node.runtime()).peerId
      // The others' edges are in the picture as well, once they have told of them.
      const edges: { from: string; to: string }[] = JSON.parse(stdout).edges
      const connected = edges.filter(({ from }) => from === own).map(({ to }) => to)
      expect(connected.sort()).toEqual(ids.filter(id => id !== own).sort())
    }, 20 * second)
  }
  console.log(`three nodes found each other ${Date.now() - startedAt} ms after their start`)
})
