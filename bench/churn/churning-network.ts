import { setTimeout as delay } from 'node:timers/promises'
import { temporaryFolder } from '../../e2e/support/temporary-folder.ts'
import { second } from '../../src/shared/units.ts'
import { bundleChild } from './bundled-child.ts'
import { ChurningNode, type ChurningProgram } from './churning-node.ts'

const seedsForNewcomer = 3
/** A newcomer is told of nodes that were alive so long ago: some of them are gone by then. */
const hearsayAgeMs = 30 * second
/** Younger workers need not have been announced everywhere yet. */
const settledAfterMs = 5 * second
const wantedShare = 0.9
/** Each node does one of them and asks for the other. */
const services = ['even', 'odd'] as const

export interface LookupOutcome {
  ok: boolean
  /** Of the workers older than 5 s, the share that was named. */
  share: number
  tookMs: number
}

export interface RequestOutcome {
  /** `answered`, or the code it failed with. */
  how: string
  tookMs: number
}

/** Nodes that all work and ask, each a process of its own, replaced one after the other by kill -9. */
export class ChurningNetwork {
  readonly #program: ChurningProgram
  readonly #removeCache: () => Promise<void>
  readonly #nodes: ChurningNode[] = []
  /** Addresses with when they were alive last. */
  readonly #history: { addresses: readonly string[]; at: number }[] = []
  #started = 0
  #replaced = 0
  #failedStarts = 0

  private constructor(program: ChurningProgram, removeCache: () => Promise<void>) {
    this.#program = program
    this.#removeCache = removeCache
  }

  static async make(): Promise<ChurningNetwork> {
    const path = await bundleChild()
    const cache = await temporaryFolder()
    return new ChurningNetwork({ path, cacheFolder: cache.path }, cache.remove)
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
      await this.#add(this.#nodes.slice(0, seedsForNewcomer).flatMap(({ addresses }) => addresses))
      progress(this.#nodes.length)
    }
  }

  /** Kills the oldest node as a power cut would, and starts another that knows three that were alive 30 s ago. */
  async replaceOldest(): Promise<void> {
    this.#note()
    await this.#nodes.shift()?.kill()
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

  /** A survivor looks for workers; undefined where there was none, or it was killed meanwhile. */
  async lookUp(): Promise<LookupOutcome | undefined> {
    const asker = this.#survivor()
    const expected = this.#settled()
    const startedAt = performance.now()
    const found = await asker?.find()
    const tookMs = performance.now() - startedAt
    if (asker === undefined || found === undefined) return undefined
    // Whoever was killed meanwhile can neither be found nor expected.
    const alive = this.#settled().filter(id => expected.includes(id))
    const share = alive.filter(id => found.includes(id)).length / Math.max(1, alive.length)
    const anyLive = this.#nodes.some(({ peerId }) => found.includes(peerId))
    return { ok: anyLive && share >= wantedShare, share, tookMs }
  }

  /** A survivor asks for a service that others do; undefined as above. */
  async request(): Promise<RequestOutcome | undefined> {
    const startedAt = performance.now()
    const how = await this.#survivor()?.request()
    return how === undefined ? undefined : { how, tookMs: performance.now() - startedAt }
  }

  async stop(): Promise<void> {
    await Promise.all(this.#nodes.splice(0).map(node => node.kill()))
    await this.#removeCache()
  }

  async #add(seeds: string[]): Promise<void> {
    const [offers, wants] = this.#started++ % 2 === 0 ? services : [services[1], services[0]]
    this.#nodes.push(await ChurningNode.start({ seeds, offers, wants }, this.#program))
  }

  #survivor(): ChurningNode | undefined {
    const old = this.#old()
    return old[Math.floor(Math.random() * old.length)]
  }

  #old(): ChurningNode[] {
    return this.#nodes.filter(({ bornAt }) => Date.now() - bornAt >= settledAfterMs)
  }

  #settled(): string[] {
    return this.#old().map(({ peerId }) => peerId)
  }

  #note(): void {
    for (const { addresses } of this.#nodes) this.#history.push({ addresses, at: Date.now() })
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
