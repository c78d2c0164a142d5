import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { KiB, second } from '../../src/shared/units.ts'
import { FaultySwarm } from '../support/faults/faulty-swarm.ts'
import type { NodeProcess } from '../support/node-process.ts'
import { ask } from '../support/routed-swarm.ts'
import { eventually } from '../support/swarm/swarm.ts'

const deadlineMs = 8 * second
const recoversWithinMs = 10 * second

let swarm: FaultySwarm
let requester: NodeProcess
let workers: NodeProcess[]

beforeAll(async () => {
  swarm = await FaultySwarm.make(1)
  requester = await swarm.node('requester')
  workers = await Promise.all([swarm.worker('a'), swarm.worker('b')])
  for (const service of ['ocr', 'letters']) await swarm.routed.known(requester, service, workers)
})
afterAll(() => swarm.remove())

afterEach(async () => {
  swarm.proxy.heal()
  swarm.routed.upstream.workMs = 0
  swarm.routed.upstream.runs.splice(0)
  // Whoever was lost is asked again, as soon as it has been heard of.
  await swarm.routed.known(requester, 'ocr', workers)
})

/** The worker that a request has reached, as soon as it has. */
async function reached(body: string): Promise<NodeProcess> {
  const run = () => swarm.routed.upstream.runs.find(each => each.body === body)
  while (run() === undefined) await new Promise(setImmediate)
  const worker = workers.find(({ name }) => name === run()?.through)
  if (worker === undefined) throw new Error(`expected one of the workers, got ${run()?.through}`)
  return worker
}

function codeOf(body: string): string {
  return JSON.parse(body).error.code
}

it('answers over ways that are slow, narrow and lose packets', async () => {
  for (const { name } of workers)
    swarm.proxy.between('requester', name, {
      latencyMs: 80,
      jitterMs: 40,
      lossShare: 0.05,
      bytesPerSecond: 256 * KiB,
    })
  const answers = await Promise.all(
    Array.from({ length: 24 }, (_, index) => ask(requester, { service: 'ocr', body: `page ${index}`, deadlineMs })),
  )
  expect(answers.map(({ status, body }) => [status, body])).toEqual(answers.map((_, index) => [200, `page ${index}`]))
})

it('takes a request elsewhere when the way to its worker is cut, and asks that worker again once it has healed', async () => {
  swarm.routed.upstream.workMs = 500
  const pending = ask(requester, { service: 'ocr', body: 'cut', deadlineMs })
  const cut = await reached('cut')
  swarm.proxy.between('requester', cut.name, { cut: true })
  const { status, worker } = await pending
  expect(status).toBe(200)
  expect(worker).not.toBe((await cut.runtime()).peerId)
  swarm.proxy.heal()
  await eventually(async () => swarm.routed.known(requester, 'ocr', [cut]), recoversWithinMs)
})

it('answers what may be asked twice when connections break in the middle, and says of the rest that it is lost', async () => {
  swarm.routed.upstream.workMs = 500
  const kinds = ['ocr', 'letters', 'ocr', 'letters']
  const pending = kinds.map((service, index) => ask(requester, { service, body: `${service} ${index}`, deadlineMs }))
  await Promise.all(kinds.map((service, index) => reached(`${service} ${index}`)))
  for (const { name } of workers) swarm.proxy.reset('requester', name)
  for (const [index, { status, body }] of (await Promise.all(pending)).entries()) {
    if (kinds[index] === 'ocr' || status === 200) expect([status, body]).toEqual([200, `${kinds[index]} ${index}`])
    else expect([status, codeOf(body)]).toEqual([502, 'WORKER_LOST'])
  }
  // All workers may have failed it twice by then, and rest for some seconds.
  for (const service of ['ocr', 'letters'])
    await eventually(
      async () => expect(await ask(requester, { service, body: 'again', deadlineMs })).toMatchObject({ status: 200 }),
      recoversWithinMs,
    )
})

it('lets a worker that stood still for a moment finish, and takes nothing to one that stands still for longer', async () => {
  swarm.routed.upstream.workMs = 500
  const first = ask(requester, { service: 'letters', body: 'a moment', deadlineMs })
  const paused = await reached('a moment')
  process.kill(paused.pid, 'SIGSTOP')
  setTimeout(() => process.kill(paused.pid, 'SIGCONT'), 1.5 * second)
  expect(await first).toMatchObject({ status: 200, body: 'a moment', worker: (await paused.runtime()).peerId })

  const pending = ask(requester, { service: 'ocr', body: 'for longer', deadlineMs })
  const stopped = await reached('for longer')
  process.kill(stopped.pid, 'SIGSTOP')
  try {
    const { status, worker } = await pending
    expect(status).toBe(200)
    expect(worker).not.toBe((await stopped.runtime()).peerId)
  } finally {
    process.kill(stopped.pid, 'SIGCONT')
  }
  await eventually(async () => swarm.routed.known(requester, 'ocr', [stopped]), recoversWithinMs)
})
