import type { Stream } from '@libp2p/interface'
import { type Milliseconds, second } from '../../shared/units.ts'
import { Brake } from './brake.ts'

/** Shorter pauses would only cost timers. */
const shortestPauseMs: Milliseconds = 20
const maxPeers = 16_384

export interface ByteMeterInit {
  bytesPerSecond: number
  burstBytes: number
  /** Books bytes of all peers together somewhere else too, and says how long to wait for that. */
  book?: ((bytes: number) => Milliseconds) | undefined
}

interface Account {
  /** Bytes that may be sent at once; below zero: they are owed. */
  left: number
  at: Milliseconds
}

/** Slows each peer down to a rate, by not reading from its streams for a while; nothing is lost and nothing piles up. */
export class ByteMeter {
  readonly #init: ByteMeterInit
  readonly #accounts = new Map<string, Account>()

  constructor(init: ByteMeterInit) {
    this.#init = init
  }

  /** Counts what comes in on the stream towards the rate of `peer`. */
  watch(stream: Stream, peer: string, brake = new Brake(stream)): void {
    let timer: NodeJS.Timeout | undefined
    stream.addEventListener('message', ({ data }) => {
      const bytes = data.byteLength
      const waitMs = Math.max(this.take(peer, bytes, performance.now()), this.#init.book?.(bytes) ?? 0)
      if (waitMs < shortestPauseMs || timer !== undefined) return
      brake.hold('rate')
      timer = setTimeout(() => {
        timer = undefined
        brake.release('rate')
      }, waitMs)
      timer.unref()
    })
    stream.addEventListener('close', () => clearTimeout(timer))
  }

  /** Books bytes that `peer` has sent, and says how long to wait before more of it is read. */
  take(peer: string, bytes: number, now: Milliseconds): Milliseconds {
    const { bytesPerSecond, burstBytes } = this.#init
    const { left, at } = this.#accounts.get(peer) ?? { left: burstBytes, at: now }
    const refilled = Math.min(burstBytes, left + (Math.max(0, now - at) / second) * bytesPerSecond)
    const account = { left: refilled - bytes, at: now }
    this.#accounts.delete(peer)
    this.#accounts.set(peer, account)
    const [oldest] = this.#accounts.keys()
    if (this.#accounts.size > maxPeers && oldest !== undefined) this.#accounts.delete(oldest)
    return Math.max(0, (-account.left / bytesPerSecond) * second)
  }
}
