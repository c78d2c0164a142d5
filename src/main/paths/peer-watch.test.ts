import { generateKeyPair } from '@libp2p/crypto/keys'
import type { Connection } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { describe, expect, it } from 'vitest'
import { TurnedClock } from '../clock.ts'
import { PingWatch } from './peer-watch.ts'

async function setUp(answers: () => Promise<number>) {
  const clock = new TurnedClock()
  const peer = peerIdFromPrivateKey(await generateKeyPair('Ed25519')).toString()
  let pings = 0
  const watch = new PingWatch({
    libp2p: { getConnections: () => [{} as Connection] },
    ping: () => {
      pings++
      return answers()
    },
    clock,
  })
  /** Lets the next ping go out and its answer come in. */
  const nextPing = async () => {
    clock.turn(2_000)
    await new Promise(setImmediate)
  }
  return { watch, peer, nextPing, pings: () => pings }
}

describe('watching a peer', () => {
  it('loses it after two unanswered pings, for everybody who waits', async () => {
    const { watch, peer, nextPing } = await setUp(() => Promise.reject(new Error('timeout')))
    const [one, two] = [watch.watch(peer), watch.watch(peer)]
    await nextPing()
    expect(one.signal.aborted).toBe(false)
    await nextPing()
    expect(one.signal.reason).toMatchObject({ code: 'WORKER_LOST', details: { worker: peer, sent: true } })
    expect(two.signal.aborted).toBe(true)
  })

  it('keeps one that misses a single ping', async () => {
    let round = 0
    const { watch, peer, nextPing } = await setUp(() =>
      ++round % 2 === 0 ? Promise.resolve(1) : Promise.reject(new Error('timeout')),
    )
    const { signal } = watch.watch(peer)
    for (let times = 0; times < 6; times++) await nextPing()
    expect(signal.aborted).toBe(false)
  })

  it('sends one ping for many requests and none once all have ended', async () => {
    const { watch, peer, nextPing, pings } = await setUp(() => Promise.resolve(1))
    const watches = [watch.watch(peer), watch.watch(peer), watch.watch(peer)]
    await nextPing()
    expect(pings()).toBe(1)
    for (const each of watches) each.stop()
    await nextPing()
    expect(pings()).toBe(1)
  })
})
