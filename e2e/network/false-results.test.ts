import { afterEach, beforeEach, expect, it } from 'vitest'
import { routingReportSchema } from '../../src/shared/schema/routing.ts'
import { second } from '../../src/shared/units.ts'
import { ask, RoutedSwarm } from '../support/routed-swarm.ts'
import { eventually } from '../support/swarm/swarm.ts'

let swarm: RoutedSwarm

beforeEach(async () => {
  swarm = await RoutedSwarm.make()
})
afterEach(() => swarm.remove())

it('a worker that gives false results is found by the others’ answers, and asked no more', async () => {
  const { upstream } = swarm
  upstream.contentType = 'text/plain'
  upstream.lies.set('liar', 'Nothing of the kind was ever written there by anybody.')
  const requester = await swarm.node('requester')
  const names = ['liar', 'honest', 'other']
  const workers = await Promise.all(
    names.map(name => swarm.worker(name, { ocr: { path: `/work/${name}`, idempotent: true } })),
  )
  await swarm.known(requester, 'ocr', workers)
  const [liar = '', ...honest] = await Promise.all(workers.map(async worker => (await worker.runtime()).peerId))
  const read = () => ask(requester, { service: 'ocr', body: 'Dear Ms Whitfield, your appointment is on Tuesday.' })
  const trust = async () => {
    const { stdout } = await requester.command(['stats', '--json'])
    return new Map(routingReportSchema.parse(JSON.parse(stdout)).workers.map(row => [row.worker, row.trust]))
  }

  await eventually(async () => {
    // Which answers are checked is drawn: who is honest is proven sooner or later than who lies is found.
    for (let sent = 0; sent < 20; sent++) await read()
    const known = await trust()
    expect([liar, ...honest].map(worker => known.get(worker))).toEqual(['distrusted', 'proven', 'proven'])
  }, 60 * second)
  for (let sent = 0; sent < 30; sent++) expect((await read()).body).toContain('Whitfield')

  // Nor is it asked for a second opinion; and those who are proven are checked seldom.
  upstream.runs.splice(0)
  for (let sent = 0; sent < 100; sent++) await read()
  expect(upstream.runs.filter(({ through }) => through === 'liar')).toEqual([])
  expect(upstream.runs.length).toBeLessThanOrEqual(110)
})
