import { afterAll, describe, expect, it } from 'vitest'
import { minute, second } from '../../src/shared/units.ts'
import { Lan, type Machine } from '../support/lan.ts'
import { canMakeNamespaces } from '../support/site.ts'
import { eventually, idsOf, Swarm } from '../support/swarm/swarm.ts'
import type { SwarmMember } from '../support/swarm/swarm-process.ts'

const possible = canMakeNamespaces()
if (!possible) console.log('Not root: the network that is split and healed is not tested.')

/** A step of the turned clock; clocks that differ by more are refused. */
const stepMs = 15 * second
const newService = 'llm-inference'

const ended: (() => Promise<void>)[] = []

afterAll(async () => {
  for (const end of ended.reverse()) await end()
})

describe.skipIf(!possible).concurrent('a network in two halves that cannot hear each other', () => {
  it.each([
    ['1 minute', minute],
    ['10 minutes', 10 * minute],
  ])(
    'finds everybody again within 30 s after %s, without a restart',
    async (_name, splitForMs) => {
      const lan = await Lan.make(3, 3)
      ended.push(() => lan.remove())
      const swarm = new Swarm()
      ended.push(() => swarm.end())
      const [left, right] = [await startHalf(swarm, lan.machines[0]), await startHalf(swarm, lan.machines[1])]
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
})

async function startHalf(swarm: Swarm, machines: Machine[]): Promise<SwarmMember[]> {
  const half: SwarmMember[] = []
  for (const machine of machines) {
    const init = { listen: machine.address, connectionCheckIntervalMs: 2 * second }
    half.push(...(await swarm.add([swarm.process({ site: machine })], [init])))
  }
  return half
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
