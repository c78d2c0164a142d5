import { afterEach, expect, it } from 'vitest'
import { minute, second } from '../../src/shared/units.ts'
import { Lan } from '../support/lan.ts'
import { canMakeNamespaces } from '../support/site.ts'
import { eventually, idsOf, Swarm } from '../support/swarm/swarm.ts'

const possible = canMakeNamespaces()
if (!possible) console.log('Not root: machines with wrong clocks are not tested.')

let swarm: Swarm
let lan: Lan | undefined

afterEach(async () => {
  await swarm.end()
  await lan?.remove()
  lan = undefined
})

it.skipIf(!possible)(
  'finds workers whose clocks are ten minutes fast and slow, and lets them find the others',
  async () => {
    lan = await Lan.make(5)
    swarm = new Swarm()
    const clocks = [0, 10 * minute, -10 * minute, 0, 0]
    for (const [index, machine] of lan.machines[0].entries()) {
      const process = swarm.process({ site: machine, clockAheadMs: clocks[index] ?? 0 })
      const member = await process.member({
        listen: machine.address,
        seeds: [...(swarm.members[0]?.addresses ?? [])],
      })
      swarm.members.push(member)
      // Before it has heard of any other clock, as a node does that starts donating when it starts.
      await member.announce()
    }
    const took = await Promise.all(
      swarm.members.map(member =>
        eventually(async () => expect(await member.found()).toEqual(idsOf(swarm.members)), 30 * second),
      ),
    )
    const offsets = await Promise.all(swarm.members.map(async member => (await member.state()).clockOffsetMs))
    for (const [index, offset] of offsets.entries())
      expect(Math.abs(offset + (clocks[index] ?? 0))).toBeLessThan(second)
    console.log(`5 machines, two with wrong clocks, found each other in ${Math.max(...took)} ms; offsets ${offsets}`)
  },
  90_000,
)
