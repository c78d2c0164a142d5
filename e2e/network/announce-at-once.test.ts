import { afterEach, expect, it } from 'vitest'
import { second } from '../../src/shared/units.ts'
import { eventually, idsOf, Swarm } from '../support/swarm/swarm.ts'

let swarm: Swarm

afterEach(() => swarm.end())

it('shows every requester all 50 workers that announced themselves at the same moment', async () => {
  swarm = new Swarm()
  const processes = Array.from({ length: 4 }, () => swarm.process())
  const servers = await swarm.add(processes, Array(6).fill({ listen: '127.0.0.1' }))
  const donors = await swarm.add(processes, Array(44).fill({ listen: '127.0.0.1', mode: 'client' }))
  const workers = [...servers, ...donors]
  await Promise.all(workers.map(worker => worker.announce()))
  const requesters = [...servers, ...donors.slice(0, 6)]
  const startedAt = Date.now()
  for (const requester of requesters)
    await eventually(async () => expect(await requester.found()).toEqual(idsOf(workers)), 20 * second)
  console.log(`50 of 50 found by each of ${requesters.length} requesters within ${Date.now() - startedAt} ms`)
})
