import { lpStream } from '@libp2p/utils'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { second } from '../../shared/units.ts'
import { TurnedClock } from '../clock.ts'
import { createTestHost } from '../directory/test-network.ts'
import { Lifecycle } from '../lifecycle.ts'
import type { Host } from './host.ts'
import { Neighbours } from './neighbours.ts'
import { encodeNeighbours, maxNeighbours } from './neighbours-frames.ts'
import type { Link } from './topology.ts'

const log = pino({ level: 'silent' })
const never = new AbortController().signal
const peers = [
  '12D3KooWGJ93aZ7tGcQH2yNbDdqhXhAkRWnzFxYcCzBtPUDsy7Qg',
  '12D3KooWHAwTzGqabo7CWJjpUmuXJfkmut4E6Gp1bm6UbgzeAJou',
]

let clock: TurnedClock
let lifecycle: Lifecycle

beforeEach(() => {
  clock = new TurnedClock()
  lifecycle = new Lifecycle()
})

afterEach(() => lifecycle.stop())

/** Starts one that asks and one that is asked and has these links. */
async function start(links: Link[] = []): Promise<{ asking: Host; asked: Host; asker: Neighbours }> {
  const [asking, asked] = await Promise.all([createTestHost(), createTestHost()])
  for (const host of [asking, asked]) lifecycle.add('host', host)
  lifecycle.add('neighbours', new Neighbours({ host: asked, links: () => links, clock, log }))
  await lifecycle.start()
  return { asking, asked, asker: new Neighbours({ host: asking, links: () => [], clock, log }) }
}

const connect = (from: Host, to: Host) => from.libp2p.dial(to.libp2p.getMultiaddrs())

describe('who is asked for its neighbours', () => {
  it('answers three times a minute and no more, however fast it is asked', async () => {
    const { asking, asked, asker } = await start()
    await connect(asking, asked)
    const ask = () => asker.ask(asked.peerId, never)
    for (let count = 0; count < 3; count++) expect(await ask()).toMatchObject({ neighbours: [] })
    await expect(ask()).rejects.toThrow()
    clock.turn(20 * second)
    expect(await ask()).toMatchObject({ neighbours: [] })
  })

  it('names no more than it was asked for', async () => {
    const { asking, asked, asker } = await start(peers.map(peerId => ({ peerId, path: 'direct' })))
    const connection = await connect(asking, asked)
    const stream = await connection.newStream(asking.protocols.neighbours)
    const messages = lpStream(stream)
    await messages.write(encodeNeighbours({ limit: 1 }))
    const answer = (await messages.read()).subarray()
    expect(answer.length).toBeLessThan(2 * 100)
    expect(await asker.ask(asked.peerId, never)).toMatchObject({ neighbours: { length: 2 } })
  })

  it('closes the stream of whoever asks for nonsense', async () => {
    const { asking, asked } = await start()
    const connection = await connect(asking, asked)
    for (const limit of [0, maxNeighbours + 1]) {
      const stream = await connection.newStream(asking.protocols.neighbours)
      const messages = lpStream(stream)
      await messages.write(encodeNeighbours({ limit }))
      await expect(messages.read()).rejects.toThrow()
    }
  })

  it('has to be connected', async () => {
    const { asked, asker } = await start()
    await expect(asker.ask(asked.peerId, never)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })
})
