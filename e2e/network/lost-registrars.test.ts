import { afterEach, expect, it } from 'vitest'
import { keyPosition, registrarsPerKey, serviceKey } from '../../src/main/directory/keys.ts'
import { minute, second } from '../../src/shared/units.ts'
import { halfOf } from '../support/swarm/member.ts'
import { eventually, idsOf, Swarm } from '../support/swarm/swarm.ts'
import type { SwarmMember } from '../support/swarm/swarm-process.ts'

let swarm: Swarm

afterEach(() => swarm.end())

const listen = '127.0.0.1'

it('finds a worker again within 5 s when all the registrars of its key are killed at once', async () => {
  swarm = new Swarm()
  const [safe, ...doomed] = [swarm.process(), swarm.process(), swarm.process()] as const
  await swarm.add([safe], Array(3).fill({ listen, half: 1 }))
  const victims = await swarm.add(doomed, Array(registrarsPerKey).fill({ listen, half: 0 }))
  const [worker, asker] = (await swarm.add([safe], Array(2).fill({ listen, mode: 'client' }))) as [
    SwarmMember,
    SwarmMember,
  ]
  const service = serviceInHalf(0)
  // Each time they ask they look a little further; what they began has time to end before the clock is turned again.
  const knowTheVictims = async () => {
    for (const member of [worker, asker]) {
      await member.found(service)
      expect((await member.registrars(serviceKey(service))).sort()).toEqual(idsOf(victims))
    }
  }
  await eventually(async () => {
    await swarm.turn(minute)
    await eventually(knowTheVictims, 3 * second)
  }, 90 * second)
  await worker.announce(service)
  // Nothing is on its way any more that could reach the survivors by luck.
  await eventually(async () => expect((await worker.state()).heldBy).toBe(victims.length), 30 * second)
  expect(await asker.found(service)).toEqual([worker.peerId])

  await Promise.all(doomed.map(process => process.kill()))
  const tookMs = await eventually(async () => expect(await asker.found(service)).toEqual([worker.peerId]), 5 * second)
  console.log(`found again ${tookMs} ms after all ${victims.length} registrars were killed`)
})

/** A service whose key lies in the given half of the key space, as its registrars then do. */
function serviceInHalf(half: number): string {
  let number = 0
  while (halfOf(keyPosition(serviceKey(`service-${number}`))) !== half) number++
  return `service-${number}`
}
