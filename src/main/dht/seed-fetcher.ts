import { RmaError, toRmaError } from '../../shared/errors.ts'
import type { VerifiedSeed } from '../../shared/membership/seed-envelope.ts'
import { envelopesOf } from '../../shared/schema/seeds.ts'
import { KiB, type Milliseconds, second } from '../../shared/units.ts'
import { readJson } from '../bounded-json.ts'
import type { Clock } from '../clock.ts'
import type { Logger } from '../log.ts'

const path = '/api/dht/bootstrap'
const timeoutMs = 10 * second
/** Twenty seeds with the longest envelopes and all they say beside them, and some. */
const maxBytes = 512 * KiB

/** Verifies one envelope for this node's network. Rejects with SEED_REFUSED or what its certificate is refused for. */
export type OpenSeed = (envelope: string, now: Milliseconds) => Promise<VerifiedSeed>

export interface SeedFetcherComponents {
  openSeed: OpenSeed
  /** Corrected by the others' clocks where they are known. */
  clock: Clock
  log: Logger
}

/** Asks a coordinator or the edge router over HTTP for seeds, and believes nothing of what it says that is not signed. */
export class SeedFetcher {
  readonly #parts: SeedFetcherComponents

  constructor(components: SeedFetcherComponents) {
    this.#parts = components
  }

  /**
   * The good seeds of an answer, in its order. Rejects with PROTOCOL where the answer is none, and with the first seed's
   * reason where there are seeds and all of them are refused.
   */
  async fetch(baseUrl: string, signal: AbortSignal): Promise<VerifiedSeed[]> {
    const answer = await ask(seedUrl(baseUrl), AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]))
    const envelopes = envelopesOf(answer)
    if (envelopes === undefined) throw new RmaError('PROTOCOL', `expected seeds from ${baseUrl}, got something else`)
    const opened = await Promise.all(envelopes.map(envelope => this.#open(envelope, baseUrl)))
    const good = opened.filter((seed): seed is VerifiedSeed => !(seed instanceof RmaError))
    const [refusal] = opened.filter(seed => seed instanceof RmaError)
    if (good.length === 0 && refusal !== undefined) throw refusal
    return good
  }

  async #open(envelope: string, from: string): Promise<VerifiedSeed | RmaError> {
    const { openSeed, clock, log } = this.#parts
    try {
      return await openSeed(envelope, clock.now())
    } catch (thrown) {
      const error = toRmaError(thrown)
      log.warn({ from, code: error.code, reason: error.message }, 'a seed was refused')
      return error
    }
  }
}

/** `https://host` and `https://host/api/dht/bootstrap` ask the same. */
export function seedUrl(baseUrl: string): string {
  return baseUrl.endsWith(path) ? baseUrl : `${baseUrl.replace(/\/+$/, '')}${path}`
}

/** What the paths of a coordinator's API come after, where it was named by itself or by where it hands out seeds. Pure. */
export function apiUrlOf(url: string): string {
  return seedUrl(url).slice(0, -path.length)
}

async function ask(url: string, signal: AbortSignal): Promise<unknown> {
  const response = await fetch(url, { redirect: 'error', signal, headers: { accept: 'application/json' } })
  if (!response.ok) {
    await response.body?.cancel()
    throw new RmaError('PROTOCOL', `${url} answered with status ${response.status}`, { status: response.status })
  }
  return await readJson(response, { maxBytes, from: url })
}
