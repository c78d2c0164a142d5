import { setTimeout as delay } from 'node:timers/promises'
import { type SwarmMember, SwarmProcess } from '../../e2e/support/swarm/swarm-process.ts'
import { second } from '../../src/shared/units.ts'

const listen = '127.0.0.1'
const service = 'ocr'
const seedsForNewcomer = 3
/** A newcomer is told of nodes that were alive so long ago: some of them are gone by then. */
const hearsayAgeMs = 30 * second
/** Younger workers need not have been announced everywhere yet. */
const settledAfterMs = 5 * second
const wantedShare = 0.9

interface Node {
  process: SwarmProcess
  member: SwarmMember
  bornAt: number
}

export interface LookupOutcome {
  ok: boolean
  /** Of the workers older than 5 s, the share that was named. */
  share: number
  tookMs: number
}

/** Nodes that are all workers, each a process of its own, replaced one after the other by kill -9. */
export class ChurningNetwork {
  readonly #nodes: Node[] = []
  /** Addresses with when they were alive last. */
  readonly #history: { addresses: readonly string[]; at: number }[] = []
  #replaced = 0
  #failedStarts = 0

  get size(): number {
    return this.#nodes.length
  }

  get replaced(): number {
    return this.#replaced
  }

  /** Newcomers that found nobody among the three they were told of, and tried three others. */
  get failedStarts(): number {
    return this.#failedStarts
  }

  async grow(to: number, signal: AbortSignal, progress: (size: number) => void): Promise<void> {
    while (this.#nodes.length < to) {
      signal.throwIfAborted()
      await this.#add(this.#nodes.slice(0, seedsForNewcomer).flatMap(({ member }) => member.addresses))
      progress(this.#nodes.length)
    }
  }

  /** Kills the oldest node as a power cut would, and starts another that knows three that were alive 30 s ago. */
  async replaceOldest(): Promise<void> {
    this.#note()
    const oldest = this.#nodes.shift()
    await oldest?.process.kill()
    for (;;) {
      try {
        await this.#add(this.#hearsay())
        this.#replaced++
        return
      } catch {
        this.#failedStarts++
        await delay(second)
      }
    }
  }

  /** A survivor asks. */
  async lookUp(): Promise<LookupOutcome | undefined> {
    const asker = this.#nodes[Math.floor(Math.random() * this.#nodes.length)]
    const expected = this.#settled()
    if (asker === undefined || Date.now() - asker.bornAt < settledAfterMs) return undefined
    const startedAt = performance.now()
    const found = await asker.member.found(service).catch((): string[] => [])
    const tookMs = performance.now() - startedAt
    // Whoever was killed meanwhile can be asked for nothing, and can neither be expected.
    if (!this.#nodes.includes(asker)) return undefined
    const alive = this.#settled().filter(id => expected.includes(id))
    const share = alive.filter(id => found.includes(id)).length / Math.max(1, alive.length)
    const anyLive = this.#nodes.some(({ member }) => found.includes(member.peerId))
    return { ok: anyLive && share >= wantedShare, share, tookMs }
  }

  async stop(): Promise<void> {
    await Promise.all(this.#nodes.splice(0).map(({ process }) => process.kill()))
  }

  async #add(seeds: string[]): Promise<void> {
    const process = new SwarmProcess()
    try {
      const member = await process.member({ listen, seeds })
      for (let tries = 0; seeds.length > 0 && (await member.state()).peers.length === 0; tries++) {
        if (tries === 50) throw new Error('a newcomer found nobody')
        await delay(100)
      }
      await member.announce(service)
      this.#nodes.push({ process, member, bornAt: Date.now() })
    } catch (error) {
      await process.kill()
      throw error
    }
  }

  #settled(): string[] {
    return this.#nodes.filter(({ bornAt }) => Date.now() - bornAt >= settledAfterMs).map(({ member }) => member.peerId)
  }

  #note(): void {
    for (const { member } of this.#nodes) this.#history.push({ addresses: member.addresses, at: Date.now() })
    while ((this.#history[0]?.at ?? Number.POSITIVE_INFINITY) < Date.now() - 2 * hearsayAgeMs) this.#history.shift()
  }

  #hearsay(): string[] {
    const then = Date.now() - hearsayAgeMs
    const old = this.#history.filter(({ at }) => at <= then)
    const known =
      old.length > 0 ? old.filter(({ at }) => at === old.at(-1)?.at) : this.#history.slice(0, this.#nodes.length)
    return known
      .toSorted(() => Math.random() - 0.5)
      .slice(0, seedsForNewcomer)
      .flatMap(({ addresses }) => addresses)
  }
}
