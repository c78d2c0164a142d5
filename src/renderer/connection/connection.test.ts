import { createRouterClient } from '@orpc/server'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createNodeStore } from '../store/node-store.ts'
import { Connection } from './connection.ts'
import type { Line, NodeClient, Transport } from './node-client.ts'
import { playedRouter } from './testing/played-node.ts'
import { standInWindow } from './testing/window.ts'

/** A transport that opens a line to a node for each number of `served`, and refuses where there is none. */
class PlayedTransport implements Transport {
  readonly served: (number | undefined)[] = []
  tries = 0
  hangUp: () => void = () => undefined

  async open(): Promise<Line> {
    this.tries++
    const served = this.served.shift()
    if (served === undefined) throw new Error('refused')
    const closed = Promise.withResolvers<void>()
    this.hangUp = closed.resolve
    // The pages use no more of the contract here than what is played.
    const client = createRouterClient(playedRouter(served)) as unknown as NodeClient
    return { client, closed: closed.promise, close: closed.resolve }
  }
}

const started: Connection[] = []

function connect(...served: (number | undefined)[]) {
  const played = new PlayedTransport()
  played.served.push(...served)
  const store = createNodeStore()
  const window = standInWindow()
  const connection = new Connection({ transport: played, store, window })
  started.push(connection)
  connection.start()
  return { played, store, window, connection }
}

const online = { kind: 'online' }

beforeEach(() => {
  vi.useFakeTimers()
  vi.spyOn(Math, 'random').mockReturnValue(0.5)
  vi.spyOn(console, 'info').mockReturnValue()
})

afterEach(() => {
  for (const connection of started.splice(0)) connection.stop()
  vi.useRealTimers()
  vi.restoreAllMocks()
})

it('puts the first snapshots into the store and says that it is online', async () => {
  const { store } = connect(5)
  await vi.waitFor(() => expect(store.getState().link).toEqual(online))
  await vi.waitFor(() => expect(store.getState().settings).toBeDefined())
  expect(store.getState().status?.counters.served).toBe(5)
  expect(store.getState().jobs).toEqual([])
})

it('waits longer after each failure, and starts from the shortest wait after a line that carried something', async () => {
  const { store, played } = connect(undefined, undefined, undefined, 5)
  const waits: number[] = []
  store.subscribe(({ link }) => {
    if (link.kind === 'waiting') waits.push(link.nextTryAt - Date.now())
  })
  await vi.advanceTimersByTimeAsync(3_500)
  await vi.waitFor(() => expect(store.getState().link).toEqual(online))
  played.hangUp()
  await vi.waitFor(() => expect(store.getState().link.kind).toBe('waiting'))
  expect(waits).toEqual([500, 1_000, 2_000, 500])
})

it('keeps what it knew while the line is down, and takes what the next one brings', async () => {
  const { store, played } = connect(5, 6)
  await vi.waitFor(() => expect(store.getState().link).toEqual(online))
  played.hangUp()
  await vi.waitFor(() => expect(store.getState().link).toMatchObject({ kind: 'waiting', failures: 1 }))
  expect(store.getState().status?.counters.served).toBe(5)
  await vi.advanceTimersByTimeAsync(500)
  await vi.waitFor(() => expect(store.getState().status?.counters.served).toBe(6))
  expect(store.getState().link).toEqual(online)
})

it.each(['retryNow', 'the browser being online again'])('tries at once on %s', async how => {
  const { store, played, connection, window } = connect(undefined, undefined, undefined, 1)
  for (let failures = 1; failures < 4; failures++) {
    await vi.waitFor(() => expect(store.getState().link).toMatchObject({ kind: 'waiting', failures }))
    if (how === 'retryNow') connection.retryNow()
    else window.dispatchEvent(new Event('online'))
  }
  await vi.waitFor(() => expect(store.getState().link).toEqual(online))
  expect(played.tries).toBe(4)
})

it('has no client to ask while there is no line', async () => {
  const { store, connection } = connect()
  await vi.waitFor(() => expect(store.getState().link.kind).toBe('waiting'))
  expect(() => connection.client).toThrow('expected a line to the node')
})

it('tries no more once it is stopped', async () => {
  const { store, played, connection } = connect()
  await vi.waitFor(() => expect(store.getState().link.kind).toBe('waiting'))
  connection.stop()
  const { tries } = played
  await vi.advanceTimersByTimeAsync(60_000)
  connection.retryNow()
  expect(played.tries).toBe(tries)
})
