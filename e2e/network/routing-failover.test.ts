import { afterEach, beforeEach, expect, it } from 'vitest'
import { ask, RoutedSwarm } from '../support/routed-swarm.ts'

let swarm: RoutedSwarm

beforeEach(async () => {
  swarm = await RoutedSwarm.make()
})
afterEach(() => swarm.remove())

/** `ocr` may be asked for twice, `letters` may not. */
const servicesOf = (worker: string) => ({
  ocr: { path: `/work/${worker}`, idempotent: true },
  letters: { path: `/work/${worker}` },
})

async function startAll(names: readonly string[]) {
  const requester = await swarm.node('requester')
  const workers = await Promise.all(names.map(name => swarm.worker(name, servicesOf(name))))
  await Promise.all(['ocr', 'letters'].map(service => swarm.known(requester, service, workers)))
  return { requester, workers }
}

/** Requests that reached the server through a worker and have not been given up. */
function running(worker: string): number {
  return swarm.upstream.runs.filter(({ through, hungUpAt }) => through === worker && hungUpAt === undefined).length
}

function codeOf(body: string): string {
  return JSON.parse(body).error.code
}

it('answers everything that may be asked twice and runs nothing else twice, when a busy worker is killed with -9', async () => {
  const { upstream } = swarm
  const registrars = [await swarm.node('first'), await swarm.node('second')]
  const { requester, workers } = await startAll(['a', 'b', 'c'])
  upstream.runs.splice(0)
  upstream.workMs = 300

  const kinds = Array.from({ length: 36 }, (_, index) => (index % 3 === 2 ? 'letters' : 'ocr'))
  const pending = kinds.map((service, index) =>
    ask(requester, { service, body: `${service} ${index}`, id: `request-${index + 1_000}` }),
  )
  while (running('a') < 3) await new Promise(setImmediate)
  // Those who keep the records go with it: what is known is known.
  await Promise.all([...registrars, ...workers.slice(0, 1)].map(node => node.kill()))
  const answers = await Promise.all(pending)

  let lost = 0
  for (const [index, { status, body }] of answers.entries()) {
    const asked = `${kinds[index]} ${index}`
    if (kinds[index] === 'ocr' || status === 200) expect([status, body]).toEqual([200, asked])
    else {
      expect([status, codeOf(body)]).toEqual([502, 'WORKER_LOST'])
      lost++
    }
  }
  const letters = upstream.runs.filter(({ body }) => body.startsWith('letters'))
  const twice = letters.filter(({ body }) => letters.filter(run => run.body === body).length > 1)
  expect(twice).toEqual([])
  console.log(`of ${answers.length} requests none was run twice that must not be; ${lost} were lost and said so`)

  // Once more with nothing else to do for the other worker: how soon does it begin?
  upstream.workMs = 1_000
  for (let index = 0; ; index++) {
    const body = `again ${index}`
    const again = ask(requester, { service: 'ocr', body })
    const runs = () => upstream.runs.filter(run => run.body === body)
    while (runs().length === 0) await new Promise(setImmediate)
    const killedAt = performance.now()
    if (runs()[0]?.through === 'b') await workers[1]?.kill()
    expect((await again).body).toBe(body)
    if (runs()[0]?.through !== 'b') continue
    console.log(
      `begun on another worker ${((runs()[1]?.startedAt ?? Number.NaN) - killedAt).toFixed(0)} ms after the kill`,
    )
    break
  }
})

it('waits for a stopped worker no longer than its slice of the deadline, and avoids it afterwards', async () => {
  const { upstream } = swarm
  const { requester, workers } = await startAll(['a', 'b'])
  const [stopped, other] = workers
  if (stopped === undefined || other === undefined) throw new Error('expected two workers')
  process.kill(stopped.pid, 'SIGSTOP')
  const deadlineMs = 6_000
  const took: number[] = []
  for (let index = 0; index < 16; index++) {
    const answer = await ask(requester, { service: 'ocr', body: `page ${index}`, deadlineMs })
    expect([answer.status, answer.body]).toEqual([200, `page ${index}`])
    expect(answer.worker).toBe((await other.runtime()).peerId)
    took.push(answer.tookMs)
  }
  const slow = took.filter(ms => ms > 1_000)
  console.log(`with one of two workers stopped: ${took.map(ms => ms.toFixed(0)).join(', ')} ms`)
  expect(slow.length).toBeLessThanOrEqual(1)
  expect(upstream.runs.filter(({ body }) => body.startsWith('page'))).toHaveLength(16)
})

it('tells the engine at once, through two nodes, that the requester has gone', async () => {
  const { upstream } = swarm
  const requester = await swarm.node('requester')
  const worker = await swarm.worker('a', servicesOf('a'))
  await swarm.known(requester, 'ocr', [worker])
  upstream.workMs = 60_000
  const took: number[] = []
  for (let round = 0; round < 5; round++) {
    const controller = new AbortController()
    const pending = ask(requester, { service: 'ocr', body: `round ${round}`, signal: controller.signal })
    const refused = expect(pending).rejects.toThrow()
    const run = () => upstream.runs.find(({ body }) => body === `round ${round}`)
    while (run() === undefined) await new Promise(setImmediate)
    const leftAt = performance.now()
    controller.abort()
    await refused
    while (run()?.hungUpAt === undefined) await new Promise(setImmediate)
    took.push((run()?.hungUpAt ?? Number.NaN) - leftAt)
  }
  console.log(`cancelled in the engine after ${took.map(ms => ms.toFixed(0)).join(', ')} ms`)
  expect(Math.min(...took)).toBeLessThan(100)
})
