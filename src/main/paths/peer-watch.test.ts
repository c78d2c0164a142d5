import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { describe, expect, it } from 'vitest'
import { TurnedClock } from '../clock.ts'
import { idlePathMs, longestSilenceMs, PingWatch } from './peer-watch.ts'

async function setUp(answers: () => Promise<number>) {
  const clock = new TurnedClock()
  const peer = peerIdFromPrivateKey(await generateKeyPair('Ed25519')).toString()
  const seen = { pings: 0, aborted: 0 }
  const connection = {
    timeline: { open: clock.now() },
    abort: () => {
      seen.aborted++
    },
  }
  const watch = new PingWatch({
    libp2p: { getConnections: () => [connection] },
    ping: () => {
      seen.pings++
      return answers()
    },
    clock,
  })
  /** Lets time pass, and pings go out and come back meanwhile. */
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 50) {
      clock.turn(50)
      await new Promise(setImmediate)
    }
  }
  return { watch, peer, seen, pass, signal: new AbortController().signal }
}

const silent = () => new Promise<number>(() => undefined)
const lively = () => Promise.resolve(1)

describe('watching a peer', () => {
  it('loses one that is silent for as long as each request can wait', async () => {
    const { watch, peer, pass, seen } = await setUp(silent)
    const [hurried, patient] = [watch.watch(peer, 500), watch.watch(peer)]
    await pass(450)
    expect(hurried.signal.aborted).toBe(false)
    await pass(100)
    expect(hurried.signal.reason).toMatchObject({ code: 'WORKER_LOST', details: { worker: peer, sent: true } })
    expect([patient.signal.aborted, seen.aborted]).toEqual([false, 0])
    await pass(longestSilenceMs - 600)
    expect(patient.signal.aborted).toBe(false)
    await pass(250)
    expect(patient.signal.reason).toMatchObject({ code: 'WORKER_LOST' })
    expect(seen.aborted).toBe(1)
  })

  it('keeps one that answers pings, however long its work takes, and one that misses a ping', async () => {
    let round = 0
    const { watch, peer, pass } = await setUp(() => (++round % 2 === 0 ? lively() : Promise.reject(new Error('lost'))))
    const { signal } = watch.watch(peer)
    await pass(20_000)
    expect(signal.aborted).toBe(false)
  })

  it('counts whatever the peer says as a sign of life, and pings only when there is none', async () => {
    const { watch, peer, pass, seen } = await setUp(silent)
    const { signal } = watch.watch(peer)
    for (let time = 0; time < 20; time++) {
      await pass(500)
      watch.heard(peer)
    }
    expect([signal.aborted, seen.pings]).toEqual([false, 0])
  })

  it('sends one ping for many requests and none once all have ended', async () => {
    const { watch, peer, pass, seen } = await setUp(silent)
    const watches = [watch.watch(peer), watch.watch(peer), watch.watch(peer)]
    await pass(2_000)
    expect(seen.pings).toBe(1)
    for (const each of watches) each.stop()
    await pass(10_000)
    expect(seen.pings).toBe(1)
    expect(watches.some(({ signal }) => signal.aborted)).toBe(false)
  })
})

describe('probing a path', () => {
  it('asks only where nothing was heard for a while', async () => {
    const { watch, peer, pass, seen, signal } = await setUp(lively)
    await watch.probe(peer, 1_000, signal)
    watch.heard(peer)
    await pass(idlePathMs - 100)
    await watch.probe(peer, 1_000, signal)
    expect(seen.pings).toBe(0)
    await pass(200)
    await Promise.all([watch.probe(peer, 1_000, signal), watch.probe(peer, 1_000, signal)])
    expect(seen.pings).toBe(1)
    await watch.probe(peer, 1_000, signal)
    expect(seen.pings).toBe(1)
  })

  it('finds one dead without having sent anything, and closes its connection', async () => {
    const { watch, peer, pass, seen, signal } = await setUp(silent)
    await pass(idlePathMs)
    await expect(watch.probe(peer, 30, signal)).rejects.toMatchObject({ code: 'WORKER_LOST', details: { sent: false } })
    expect(seen.aborted).toBe(1)
  })

  it('is not misled by a ping that could not be sent', async () => {
    let round = 0
    const { watch, peer, pass, signal } = await setUp(() =>
      ++round === 1 ? Promise.reject(new Error('too many streams')) : lively(),
    )
    await pass(idlePathMs)
    await watch.probe(peer, 1_000, signal)
    expect(round).toBe(2)
  })
})
