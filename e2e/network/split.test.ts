import { afterEach, expect, it } from 'vitest'
import { minute, second } from '../../src/shared/units.ts'
import { Lan } from '../support/lan.ts'
import { canMakeNamespaces } from '../support/site.ts'
import { eventually, idsOf, Swarm } from '../support/swarm/swarm.ts'
import type { SwarmMember } from '../support/swarm/swarm-process.ts'

const possible = canMakeNamespaces()
if (!possible) console.log('Not root: the network that is split and healed is not tested.')

/** A step of the turned clock; clocks that differ by more are refused. */
const stepMs = 15 * second
const newService = 'llm-inference'

let swarm: Swarm
let lan: Lan | undefined

afterEach(async () => {
  await swarm.end()
  await lan?.remove()
  lan = undefined
})

it.skipIf(!possible).each([
  ['1 minute', minute],
  ['10 minutes', 10 * minute],
])(
  'finds everybody again within 30 s after %s in two halves, without a restart',
  async (_name, splitForMs) => {
    lan = await Lan.make(3, 3)
    const [left, right] = await startHalves(lan)
    const everybody = [...left, ...right]
    await Promise.all(everybody.map(member => member.announce()))
    await allFind(everybody, everybody, 30 * second)

    await lan.split()
    await Promise.all([left, right].flatMap(half => half.map(member => seesOnly(member, half))))
    for (let turnedMs = 0; turnedMs < splitForMs; turnedMs += stepMs) await swarm.turn(stepMs)
    // Something the other half has not heard of, so that nobody gets by on what was known before.
    await Promise.all(everybody.map(member => member.announce(newService)))
    await Promise.all([left, right].map(half => allFind(half, half, 15 * second, newService)))

    await lan.heal()
    const tookMs = await allFind(everybody, everybody, 30 * second, newService)
    console.log(`after ${splitForMs / minute} min apart all ${everybody.length} found each other in ${tookMs} ms`)
  },
  150_000,
)

async function startHalves({ machines }: Lan): Promise<[SwarmMember[], SwarmMember[]]> {
  swarm = new Swarm()
  const start = async (half: 0 | 1) => {
    const added: SwarmMember[] = []
    for (const machine of machines[half]) {
      const process = swarm.process({ site: machine })
      added.push(...(await swarm.add([process], [{ listen: machine.address, connectionCheckIntervalMs: 2 * second }])))
    }
    return added
  }
  const left = await start(0)
  return [left, await start(1)]
}

/** Waits until all the connections to the other half were given up. */
async function seesOnly(member: SwarmMember, half: SwarmMember[]): Promise<void> {
  const others = idsOf(half.filter(({ peerId }) => peerId !== member.peerId))
  await eventually(async () => expect((await member.state()).peers.sort()).toEqual(others), 40 * second)
}

async function allFind(
  members: SwarmMember[],
  workers: SwarmMember[],
  withinMs: number,
  service = 'ocr',
): Promise<number> {
  const ids = idsOf(workers)
  const took = await Promise.all(
    members.map(member => eventually(async () => expect(await member.found(service)).toEqual(ids), withinMs)),
  )
  return Math.max(...took)
}
