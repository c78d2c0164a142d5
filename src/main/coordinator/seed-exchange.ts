import { toRmaError } from '../../shared/errors.ts'
import type { VerifiedSeed } from '../../shared/membership/seed-envelope.ts'
import type { PeerIdText } from '../../shared/schema/primitives.ts'
import { envelopesOf } from '../../shared/schema/seeds.ts'
import { KiB, minute, second } from '../../shared/units.ts'
import type { Clock, StopTimer } from '../clock.ts'
import type { SeedCache } from '../dht/seed-cache.ts'
import type { OpenSeed, SeedFetcher } from '../dht/seed-fetcher.ts'
import type { Startable } from '../lifecycle.ts'
import type { Logger } from '../log.ts'
import type { PeerPlaces } from '../paths/candidates.ts'
import type { PeerHttp } from '../paths/peer-http.ts'

const everyMs = 10 * minute
const firstAfterMs = 5 * second
const timeoutMs = 10 * second
const mostAsked = 8
const maxBytes = 512 * KiB
/** Where nodes that ask over HTTP find it too. */
export const bootstrapPath = '/api/dht/bootstrap'

export interface SeedExchangeComponents {
  peerHttp: Pick<PeerHttp, 'request'>
  fetcher: SeedFetcher
  cache: SeedCache
  openSeed: OpenSeed
  /** Other coordinators, best first, and a way to hear of new ones. */
  coordinators(): PeerPlaces[]
  onCoordinators(listener: () => void): () => void
  clock: Clock
  log: Logger
}

/** Coordinators tell each other where they are, so that each can hand out the seeds of all. */
export class SeedExchange implements Startable {
  readonly #parts: SeedExchangeComponents
  readonly #selfId: PeerIdText
  readonly #urls: readonly string[]
  #life = new AbortController()
  #stops: (() => void)[] = []
  #stopSoon: StopTimer | undefined
  #working: Promise<void> = Promise.resolve()

  /** `urls`: coordinators that are configured. */
  constructor(components: SeedExchangeComponents, { selfId, urls }: { selfId: PeerIdText; urls: readonly string[] }) {
    this.#parts = components
    this.#selfId = selfId
    this.#urls = urls
  }

  start(): void {
    const { clock, onCoordinators } = this.#parts
    this.#life = new AbortController()
    this.#stops = [clock.every(everyMs, () => this.#ask()), onCoordinators(() => this.#askSoon())]
    this.#askSoon()
  }

  async stop(): Promise<void> {
    for (const stop of this.#stops) stop()
    this.#stopSoon?.()
    this.#stopSoon = undefined
    this.#life.abort()
    await this.#working
  }

  #askSoon(): void {
    this.#stopSoon ??= this.#parts.clock.after(firstAfterMs, () => {
      this.#stopSoon = undefined
      this.#ask()
    })
  }

  #ask(): void {
    this.#working = this.#working.then(() => this.#askAll())
  }

  async #askAll(): Promise<void> {
    const { fetcher, cache, coordinators, log } = this.#parts
    const signal = AbortSignal.any([this.#life.signal, AbortSignal.timeout(timeoutMs)])
    const peers = coordinators().slice(0, mostAsked)
    const answers = await Promise.allSettled([
      ...peers.map(peer => this.#askPeer(peer, signal)),
      ...this.#urls.slice(0, mostAsked).map(url => fetcher.fetch(url, signal)),
    ])
    if (this.#life.signal.aborted) return
    for (const answer of answers) {
      if (answer.status === 'rejected') log.debug({ err: answer.reason }, 'a coordinator did not tell its seeds')
    }
    await cache.keep(answers.flatMap(answer => (answer.status === 'fulfilled' ? answer.value : [])))
  }

  async #askPeer(peer: PeerPlaces, signal: AbortSignal): Promise<VerifiedSeed[]> {
    const { peerHttp, openSeed, clock, log } = this.#parts
    const response = await peerHttp.request(peer, {
      method: 'GET',
      path: bootstrapPath,
      headers: {},
      onBehalfOf: this.#selfId,
      signal,
    })
    const chunks: Uint8Array[] = []
    let size = 0
    for await (const chunk of response.body) {
      size += chunk.byteLength
      if (size > maxBytes) return []
      chunks.push(chunk)
    }
    if (response.status !== 200) return []
    const envelopes = envelopesOf(parseJson(Buffer.concat(chunks).toString('utf8'))) ?? []
    const opened = await Promise.all(
      envelopes.map(envelope =>
        openSeed(envelope, clock.now()).catch(thrown => {
          const { code, message } = toRmaError(thrown)
          log.warn({ from: peer.peerId, code, reason: message }, 'a seed was refused')
          return undefined
        }),
      ),
    )
    return opened.filter(seed => seed !== undefined)
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
