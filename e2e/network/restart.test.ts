import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { second } from '../../src/shared/units.ts'
import { eventually, idsOf, Swarm } from '../support/swarm/swarm.ts'
import type { SwarmMember } from '../support/swarm/swarm-process.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

let swarm: Swarm
let folder: { path: string; remove: () => Promise<void> }

beforeEach(async () => {
  swarm = new Swarm()
  folder = await temporaryFolder()
})

afterEach(async () => {
  await swarm.end()
  await folder.remove()
})

const newService = 'llm-inference'
const initOf = (name: number) => ({ listen: '127.0.0.1', folder: join(folder.path, String(name)) })

it('loses nobody when all nodes but one restart within a minute, on other ports and without seeds', async () => {
  const survivorProcess = swarm.process()
  const [survivor] = (await swarm.add([survivorProcess], [initOf(0)])) as [SwarmMember]
  const processes = [swarm.process(), swarm.process()]
  const others = await swarm.add(processes, [1, 2, 3, 4, 5, 6].map(initOf))
  const before = [survivor, ...others]
  await Promise.all(before.map(member => member.announce()))
  await allFind(before, idsOf(before))
  // Of their address books only the first peers are written by now.
  await Promise.all(processes.map(process => process.kill()))

  const startedAt = Date.now()
  const again = swarm.process()
  const restarted = await Promise.all([1, 2, 3, 4, 5, 6].map(name => again.member(initOf(name))))
  // What they kept on disk names the others as they were: something new shows that they have met again.
  await Promise.all([survivor, ...restarted].map(member => member.announce(newService)))
  expect(idsOf(restarted)).toEqual(idsOf(others))
  await allFind([survivor, ...restarted], idsOf(before), newService)
  const tookMs = Date.now() - startedAt
  console.log(`all ${before.length} found each other ${tookMs} ms after ${restarted.length} of them were killed`)
  expect(tookMs).toBeLessThan(60 * second)
})

async function allFind(members: SwarmMember[], ids: string[], service = 'ocr'): Promise<void> {
  await Promise.all(
    members.map(member => eventually(async () => expect(await member.found(service)).toEqual(ids), 30 * second)),
  ).catch(async error => {
    for (const member of members) {
      const [{ peers }, found] = [await member.state(), await member.found(service)]
      console.log(`${member.peerId} is connected to ${peers.length || 'nobody'} and finds ${found}`)
    }
    throw error
  })
}
