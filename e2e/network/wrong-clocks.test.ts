import { afterEach, expect, it } from 'vitest'
import { minute, second } from '../../src/shared/units.ts'
import { Lan } from '../support/lan.ts'
import { clockAhead, NodeProcess } from '../support/node-process.ts'
import { canMakeNamespaces, loopbackSite } from '../support/site.ts'
import { eventually, idsOf, Swarm } from '../support/swarm/swarm.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const possible = canMakeNamespaces()
if (!possible) console.log('Not root: machines with wrong clocks are not tested.')

let swarm: Swarm | undefined
let lan: Lan | undefined
let nodes: NodeProcess[] = []
let folder: { path: string; remove: () => Promise<void> } | undefined

afterEach(async () => {
  await swarm?.end()
  await Promise.all(nodes.map(node => node.kill()))
  await lan?.remove()
  await folder?.remove()
  swarm = undefined
  nodes = []
  lan = undefined
  folder = undefined
})

it.skipIf(!possible)(
  'finds workers whose clocks are ten minutes fast and slow, and lets them find the others',
  async () => {
    lan = await Lan.make(5)
    const members = new Swarm()
    swarm = members
    const clocks = [0, 10 * minute, -10 * minute, 0, 0]
    for (const [index, machine] of lan.machines[0].entries()) {
      const process = members.process({ site: machine, clockAheadMs: clocks[index] ?? 0 })
      const member = await process.member({
        listen: machine.address,
        seeds: [...(members.members[0]?.addresses ?? [])],
      })
      members.members.push(member)
      // Before it has heard of any other clock, as a node does that starts donating when it starts.
      await member.announce()
    }
    const took = await Promise.all(
      members.members.map(member =>
        eventually(async () => expect(await member.found()).toEqual(idsOf(members.members)), 30 * second),
      ),
    )
    const offsets = await Promise.all(members.members.map(async member => (await member.state()).clockOffsetMs))
    for (const [index, offset] of offsets.entries())
      expect(Math.abs(offset + (clocks[index] ?? 0))).toBeLessThan(second)
    console.log(`5 machines, two with wrong clocks, found each other in ${Math.max(...took)} ms; offsets ${offsets}`)
  },
)

it.skipIf(!possible)(
  'has doctor say, on the machine whose clock is wrong, by how much, and on the others that theirs is right',
  async () => {
    lan = await Lan.make(4)
    folder = await temporaryFolder()
    for (const [index, machine] of lan.machines[0].entries()) {
      const first = nodes[0]
      const seeds = first === undefined ? [] : (await first.runtime()).addresses.flatMap(address => ['--seed', address])
      const node = await NodeProcess.start({
        folder: folder.path,
        name: `node-${index}`,
        site: { ...loopbackSite, command: machine.command },
        args: ['--no-mdns', '--listen', machine.address, ...seeds],
        env: index === 3 ? clockAhead(10 * minute) : {},
      })
      nodes.push(node)
    }
    const said = async (node: NodeProcess) => (await node.command(['doctor'])).stdout
    const [right, , , wrong] = nodes
    if (right === undefined || wrong === undefined) throw new Error('expected four nodes')
    await eventually(async () => expect(await said(wrong)).toMatch(/✗ .*clock.*10 min/), 30 * second)
    await eventually(async () => expect(await said(right)).toMatch(/✓ .*clock/), 30 * second)
    console.log((await said(wrong)).split('\n').find(line => line.includes('clock')))
  },
)
