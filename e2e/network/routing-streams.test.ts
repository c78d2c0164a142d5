import { Readable } from 'node:stream'
import { request } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { KiB, MiB, second } from '../../src/shared/units.ts'
import type { NodeProcess } from '../support/node-process.ts'
import { RoutedSwarm, residentMiB } from '../support/routed-swarm.ts'
import { eventually } from '../support/swarm/swarm.ts'

const large = 100 * MiB
const mostGrowthMiB = 20
/** What may be on its way to a reader that has stopped: all but a little of it in kernels' buffers, 36 MiB a connection. */
const onTheWay = 80 * MiB
const part = Buffer.alloc(64 * KiB, 'x')

let swarm: RoutedSwarm
let forwarder: NodeProcess

beforeAll(async () => {
  swarm = await RoutedSwarm.make()
  forwarder = await swarm.node('forwarder')
  await swarm.worker('a', { enhance: { path: `/bulk/a?bytes=${large}` }, chat: { path: '/bulk/a' } })
  // The first ones of each kind find the worker, and warm up what is made once.
  for (const service of ['enhance', 'chat']) {
    await eventually(async () => {
      const { body } = await post(service, 8 * MiB)
      await body.dump({ limit: 2 * large })
    }, 30 * second)
  }
})

afterAll(() => swarm.remove())

/** Sends a body of so many bytes through the forwarding node, as fast as it takes them. */
async function post(service: string, bytes: number, sent = { bytes: 0 }) {
  async function* body() {
    for (; sent.bytes < bytes; sent.bytes += part.length) yield part
  }
  const { serviceUrl } = await forwarder.runtime()
  const response = await request(`${serviceUrl}/service/${service}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await forwarder.token()}`, 'content-length': String(bytes) },
    body: Readable.from(body(), { objectMode: false }),
  })
  expect(response.statusCode).toBe(200)
  return response
}

/** By how much it grows in the better of two goes: what is kept grows in both, a late garbage collection in one. */
async function growthOfTwo(action: () => Promise<void>): Promise<number> {
  const first = await growthDuring(action)
  return first < mostGrowthMiB ? first : Math.min(first, await growthDuring(action))
}

/** By how much the forwarding node's memory grows at most while `action` runs. */
async function growthDuring(action: () => Promise<void>): Promise<number> {
  const before = await residentMiB(forwarder.pid)
  let most = before
  let going = true
  const watching = (async () => {
    while (going) {
      most = Math.max(most, await residentMiB(forwarder.pid))
      await new Promise(resolve => setTimeout(resolve, 20))
    }
  })()
  await action()
  going = false
  await watching
  return most - before
}

/** Resolves with a count once it has stood still for a while. */
async function standstill(count: () => number): Promise<number> {
  for (let last = -1; ; ) {
    const now = count()
    if (now === last) return now
    last = now
    await new Promise(resolve => setTimeout(resolve, 300))
  }
}

describe.runIf(process.platform === 'linux')('a node that passes 100 MB on', () => {
  it('grows by less than 20 MB while they go up', async () => {
    const growth = await growthOfTwo(async () => {
      const { body } = await post('chat', large)
      await body.dump({ limit: large })
    })
    console.log(`100 MB up: the forwarding node grew by ${growth.toFixed(1)} MiB`)
    expect(growth).toBeLessThan(mostGrowthMiB)
  })

  it('grows by less than 20 MB while they come down', async () => {
    let bytes = 0
    const growth = await growthOfTwo(async () => {
      for await (const chunk of (await post('enhance', 64 * KiB)).body) bytes += chunk.length
    })
    console.log(`100 MB down: the forwarding node grew by ${growth.toFixed(1)} MiB`)
    expect(bytes).toBeGreaterThanOrEqual(large)
    expect(growth).toBeLessThan(mostGrowthMiB)
  })

  it('stops a sender whose reader has stopped, both ways', async () => {
    const { upstream } = swarm
    const gate = Promise.withResolvers<void>()
    upstream.gate = gate.promise
    upstream.bytesRead = 0
    const sent = { bytes: 0 }
    const up = post('chat', large, sent)
    let held = 0
    const growthUp = await growthDuring(async () => {
      held = await standstill(() => sent.bytes)
    })
    expect(held).toBeLessThan(onTheWay)
    expect(growthUp).toBeLessThan(mostGrowthMiB)
    gate.resolve()
    await (await up).body.dump({ limit: large })
    expect(upstream.bytesRead).toBe(large)

    upstream.gate = undefined
    upstream.bytesSent = 0
    const { body } = await post('enhance', 64 * KiB)
    let ahead = 0
    const growthDown = await growthDuring(async () => {
      ahead = await standstill(() => upstream.bytesSent)
    })
    expect(ahead).toBeLessThan(onTheWay)
    expect(growthDown).toBeLessThan(mostGrowthMiB)
    let bytes = 0
    for await (const chunk of body) bytes += chunk.length
    expect(bytes).toBeGreaterThanOrEqual(large)
    const [goingUp, comingDown] = [held, ahead].map(each => (each / MiB).toFixed(1))
    const growth = Math.max(growthUp, growthDown).toFixed(1)
    console.log(
      `to a stopped reader: ${goingUp} MiB up, ${comingDown} MiB down; the forwarding node grew by ${growth} MiB`,
    )
  })
})
