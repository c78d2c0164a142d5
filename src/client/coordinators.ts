import { errorOf, errorOfFetch, RmaClientError } from './client-error.ts'
import { hasShape, type Seed } from './shapes.ts'

const bootstrapPath = '/api/dht/bootstrap'
/** How long seeds are used without asking for newer ones. */
const freshForMs = 5 * 60_000
const timeoutMs = 10_000
/** How long older ones are used before newer ones, which were not to be had, are asked for again. */
const askAgainMs = 30_000

export interface CoordinatorsInit {
  /** Where to ask for coordinators: the edge router, or coordinators themselves. */
  bootstrap: readonly string[]
  /** Coordinators known beforehand, asked before those handed out. */
  coordinators: readonly string[]
  fetch: typeof fetch
}

/** Which coordinators there are, and which of them answered last. */
export class Coordinators {
  readonly #init: CoordinatorsInit
  #handedOut: { urls: string[]; until: number } | undefined
  #preferred: string | undefined

  constructor(init: CoordinatorsInit) {
    this.#init = init
  }

  /**
   * Origins to ask, in this order; others are looked for once those at hand are used up. Rejects with NO_COORDINATOR, or why
   * nobody could be asked for them.
   */
  async *urls(signal: AbortSignal): AsyncGenerator<string, void, void> {
    const named = new Set<string>()
    const atHand = [...this.#init.coordinators.map(originOf), ...(this.#fresh ?? [])]
    for (const known of [async () => atHand, () => this.#seeds(signal)]) {
      for (const url of this.#preferredFirst(await known())) {
        if (named.has(url)) continue
        named.add(url)
        yield url
      }
    }
    if (named.size === 0) throw new RmaClientError('NO_COORDINATOR', 'no coordinator has an address on the web')
  }

  /** Asked first from now on. */
  prefer(url: string): void {
    this.#preferred = url
  }

  #preferredFirst(known: string[]): string[] {
    const preferred = this.#preferred
    return preferred !== undefined && known.includes(preferred) ? [preferred, ...known] : known
  }

  /** What was handed out a short while ago. */
  get #fresh(): string[] | undefined {
    return this.#handedOut !== undefined && Date.now() < this.#handedOut.until ? this.#handedOut.urls : undefined
  }

  /** Old seeds serve where no new ones are to be had. */
  async #seeds(signal: AbortSignal): Promise<string[]> {
    const { bootstrap, coordinators } = this.#init
    if (this.#fresh !== undefined) return this.#fresh
    let failure: RmaClientError | undefined
    for (const base of bootstrap) {
      try {
        const urls = await this.#ask(originOf(base), signal)
        this.#handedOut = { urls, until: Date.now() + freshForMs }
        return urls
      } catch (error) {
        failure = errorOfFetch(error, base)
        if (signal.aborted) throw failure
      }
    }
    if (this.#handedOut !== undefined) {
      this.#handedOut.until = Date.now() + askAgainMs
      return this.#handedOut.urls
    }
    if (failure !== undefined && coordinators.length === 0) throw failure
    return []
  }

  async #ask(origin: string, signal: AbortSignal): Promise<string[]> {
    const response = await this.#init.fetch(origin + bootstrapPath, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    })
    if (!response.ok) throw await errorOf(response)
    const answer: unknown = await response.json()
    if (!hasShape<{ seeds: unknown[] }>(answer, { seeds: 'array' }))
      throw new RmaClientError('UNREACHABLE', `${origin} answered without seeds`)
    return answer.seeds.flatMap(seed => {
      if (!hasShape<Seed>(seed, { node_id: 'string', tunnel_url: 'string' })) return []
      return isUsable(seed.tunnel_url, origin) ? [originOf(seed.tunnel_url)] : []
    })
  }
}

export function originOf(url: string): string {
  return new URL(url).origin
}

/** Plain HTTP only where the seeds came from the same machine: nobody else may send documents to somebody's loopback. */
function isUsable(url: string | null, askedAt: string): url is string {
  const parsed = url === null ? null : URL.parse(url)
  if (parsed === null) return false
  return parsed.protocol === 'https:' || (parsed.protocol === 'http:' && new URL(askedAt).protocol === 'http:')
}
