import type { PeerId } from '@libp2p/interface'
import { KiB, type Milliseconds, second } from '../../shared/units.ts'
import type { Heard } from './neighbours.ts'
import { maxNeighboursAnswerBytes } from './neighbours-frames.ts'

/** What one look around may cost. */
export interface CrawlBudget {
  /** Most peers asked. */
  peers: number
  /** Most bytes of answers. */
  bytes: number
  /** The whole time. */
  timeoutMs: Milliseconds
}

export const crawlBudget: CrawlBudget = { peers: 64, bytes: 256 * KiB, timeoutMs: 5 * second }
const askedAtOnce = 4

export interface CrawlComponents {
  ask(peer: PeerId, signal: AbortSignal): Promise<Heard>
  onHeard(peer: PeerId, heard: Heard): void
  onFailed(peer: PeerId, error: unknown): void
}

/**
 * Asks `peers` for their neighbours until the budget is used up. Each answer is told as it comes; one that fails does not
 * stop the others. Only connected peers are asked: whoever dials around to look at a network changes it.
 */
export async function crawl(
  { ask, onHeard, onFailed }: CrawlComponents,
  peers: readonly PeerId[],
  budget: CrawlBudget,
  signal: AbortSignal,
): Promise<void> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(budget.timeoutMs)])
  const waiting = peers.slice(0, budget.peers)
  let bytesLeft = budget.bytes
  const askOneAfterAnother = async (): Promise<void> => {
    while (bytesLeft >= maxNeighboursAnswerBytes && !deadline.aborted) {
      const peer = waiting.shift()
      if (peer === undefined) return
      // The largest answer is set aside until it is known how large it is, so that those on their way fit as well.
      bytesLeft -= maxNeighboursAnswerBytes
      try {
        const heard = await ask(peer, deadline)
        bytesLeft += maxNeighboursAnswerBytes - heard.bytes
        onHeard(peer, heard)
      } catch (error) {
        onFailed(peer, error)
      }
    }
  }
  await Promise.all(Array.from({ length: askedAtOnce }, askOneAfterAnother))
}
