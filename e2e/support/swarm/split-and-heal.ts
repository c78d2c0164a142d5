import { expect } from 'vitest'
import { connectionCheckIntervalMs } from '../../../src/main/dht/limits.ts'
import { type Milliseconds, minute, second } from '../../../src/shared/units.ts'
import { Lan, type Machine } from '../lan.ts'
import { eventually, idsOf, Swarm } from './swarm.ts'
import type { SwarmMember } from './swarm-process.ts'

const foundAgainWithinMs = 30 * second
/** A connection that is checked in vain is given up within this. */
const givenUpWithinMs = minute
/** Offered only since the split, so that nobody gets by on what was known before. */
const newService = 'llm-inference'

export interface SplitInit {
  /** How often connections are checked; those to the other half are noticed as lost no sooner. Default: as nodes do. */
  connectionCheckIntervalMs?: number
  /** Lets time pass while the halves are apart. */
  apart(swarm: Swarm): Promise<void>
}

/**
 * Runs a network of two times three machines, splits it, heals it, and resolves with how long it then took until all had
 * found each other; rejects where that was more than 30 s. Everything is removed again.
 */
export async function splitAndHeal({ apart, ...init }: SplitInit): Promise<number> {
  const lan = await Lan.make(3, 3)
  const swarm = new Swarm()
  try {
    const left = await startHalf(swarm, lan.machines[0], init)
    const right = await startHalf(swarm, lan.machines[1], init)
    const everybody = [...left, ...right]
    await Promise.all(everybody.map(member => member.announce()))
    await allFind(everybody, everybody, 'ocr')

    await lan.split()
    const noticedWithinMs = (init.connectionCheckIntervalMs ?? connectionCheckIntervalMs) + givenUpWithinMs
    await Promise.all([left, right].flatMap(half => half.map(member => seesOnly(member, half, noticedWithinMs))))
    await apart(swarm)
    await Promise.all(everybody.map(member => member.announce(newService)))
    await Promise.all([left, right].map(half => allFind(half, half, newService)))

    await lan.heal()
    return await allFind(everybody, everybody, newService)
  } finally {
    await swarm.end()
    await lan.remove()
  }
}

async function startHalf(
  swarm: Swarm,
  machines: readonly Machine[],
  init: Pick<SplitInit, 'connectionCheckIntervalMs'>,
): Promise<SwarmMember[]> {
  const half: SwarmMember[] = []
  for (const machine of machines) {
    half.push(...(await swarm.add([swarm.process({ site: machine })], [{ listen: machine.address, ...init }])))
  }
  return half
}

/** Waits until all the connections to the other half were given up. */
async function seesOnly(member: SwarmMember, half: SwarmMember[], withinMs: Milliseconds): Promise<void> {
  const others = idsOf(half.filter(({ peerId }) => peerId !== member.peerId))
  await eventually(async () => expect((await member.state()).peers.sort()).toEqual(others), withinMs)
}

async function allFind(members: SwarmMember[], workers: SwarmMember[], service: string): Promise<number> {
  const ids = idsOf(workers)
  const took = await Promise.all(
    members.map(member => eventually(async () => expect(await member.found(service)).toEqual(ids), foundAgainWithinMs)),
  )
  return Math.max(...took)
}
