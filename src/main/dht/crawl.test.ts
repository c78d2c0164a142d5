import { generateKeyPair } from '@libp2p/crypto/keys'
import type { PeerId } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { beforeAll, expect, it } from 'vitest'
import { second } from '../../shared/units.ts'
import { type CrawlBudget, crawl, crawlBudget } from './crawl.ts'
import type { Heard } from './neighbours.ts'

const never = new AbortController().signal
let peers: PeerId[]

beforeAll(async () => {
  const keys = await Promise.all(Array.from({ length: 100 }, () => generateKeyPair('Ed25519')))
  peers = keys.map(peerIdFromPrivateKey)
})

/** Who answers and who fails when `ask` is how they answer. */
async function look(ask: (peer: PeerId, signal: AbortSignal) => Promise<Heard>, change: Partial<CrawlBudget> = {}) {
  const heard: PeerId[] = []
  const failed: PeerId[] = []
  let onTheirWay = 0
  let most = 0
  const counting = async (peer: PeerId, signal: AbortSignal) => {
    onTheirWay++
    most = Math.max(most, onTheirWay)
    return ask(peer, signal).finally(() => onTheirWay--)
  }
  await crawl(
    { ask: counting, onHeard: peer => heard.push(peer), onFailed: peer => failed.push(peer) },
    peers,
    { ...crawlBudget, ...change },
    never,
  )
  return { heard, failed, most }
}

it('asks four at a time, and 64 in all', async () => {
  const { heard, most } = await look(async () => ({ neighbours: [], bytes: 10 }))
  expect(heard).toEqual(peers.slice(0, 64))
  expect(most).toBe(4)
})

it('goes on past those that fail', async () => {
  const lost = peers[1]
  const answer = async (peer: PeerId) => {
    if (peer === lost) throw new Error('gone')
    return { neighbours: [], bytes: 10 }
  }
  const { heard, failed } = await look(answer, { peers: 6 })
  expect(heard).toHaveLength(5)
  expect(failed).toEqual([lost])
})

it('ends when the next answer might not fit any more', async () => {
  const bytes = 30_000
  const { heard } = await look(async () => ({ neighbours: [], bytes }))
  expect(heard.length * bytes).toBeLessThanOrEqual(crawlBudget.bytes)
  expect(heard).toHaveLength(8)
})

it('ends when its time is over, with what has come by then', async () => {
  const silent = (_: PeerId, signal: AbortSignal) =>
    new Promise<Heard>((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
  const answers = new Set(peers.slice(0, 3))
  const { heard, failed } = await look(
    async (peer, signal) => (answers.has(peer) ? { neighbours: [], bytes: 10 } : silent(peer, signal)),
    { timeoutMs: 0.1 * second },
  )
  expect([heard.length, failed.length]).toEqual([3, 4])
})
