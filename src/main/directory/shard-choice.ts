import type { ServiceType } from '../../shared/schema/primitives.ts'
import { type Milliseconds, minute } from '../../shared/units.ts'
import type { Clock } from '../clock.ts'
import { type KeyText, maxShardDigits, parseKey, serviceKey } from './keys.ts'
import { chooseDigits, drawShard, learnSpread, type Spread, unspread } from './shards.ts'

/** How long a node stays with a shard: then it gets to know others. */
const shardLifetimeMs = 10 * minute
/** Services, and keys, of which something is remembered. */
const mostRemembered = 128

/** How many stand under a key, as one registrar says. */
export interface Crowd {
  full: boolean
  workers: number
}

/** A shard that was drawn, and from what was known then. */
interface Chosen {
  shard: string
  at: Milliseconds
  ofDigits: number
  /** Whether it was drawn to find out how many workers stand under such keys. */
  blindly: boolean
}

/** Under which key of a service a node looks for workers, as registrars' answers have shown how they are spread. */
export class ShardChoice {
  readonly #clock: Pick<Clock, 'now'>
  readonly #spreads = new Map<ServiceType, Spread>()
  readonly #chosen = new Map<ServiceType, Chosen>()
  /** Keys none of whose registrars answered when they were last asked: they may have no room for so many askers. */
  readonly #deaf = new Set<KeyText>()

  constructor({ clock }: { clock: Pick<Clock, 'now'> }) {
    this.#clock = clock
  }

  /** The shard to ask for now, '' for the service's own key: the same for some minutes, for each new one takes a lookup. */
  of(service: ServiceType): string {
    const spread = this.#spreads.get(service) ?? unspread
    if (spread.digits === 0) return ''
    const now = this.#clock.now()
    const kept = this.#chosen.get(service)
    const isFresh = kept !== undefined && now >= kept.at && now < kept.at + shardLifetimeMs
    const stillHolds = isFresh && kept.ofDigits === spread.digits
    const blindly = spread.workers === undefined
    if (stillHolds && kept.blindly === blindly) return kept.shard
    const digits = chooseDigits(spread, Math.random)
    // Its registrars have been found, and any other one of so many digits would be as good.
    const chosen =
      stillHolds && kept.shard.length === digits ? kept : { shard: drawShard(digits, Math.random), at: now }
    this.#chosen.set(service, { ...chosen, ofDigits: spread.digits, blindly })
    return chosen.shard
  }

  /** A shard that goes on from one whose registrars do not answer; undefined where they do, or there is none. */
  beyond(service: ServiceType, shard: string): string | undefined {
    if (shard.length >= maxShardDigits || !this.#deaf.has(serviceKey(service, shard))) return undefined
    return drawShard(shard.length + 1, Math.random)
  }

  /** Takes in whether any of the registrars of a key that were asked has answered. */
  answered(key: KeyText, anyOfThem: boolean): void {
    this.#deaf.delete(key)
    if (!anyOfThem) this.#deaf.add(key)
    const [oldest] = this.#deaf.size > mostRemembered ? this.#deaf : []
    if (oldest !== undefined) this.#deaf.delete(oldest)
  }

  /** Takes in how many stand under a key. */
  learn(key: KeyText, crowds: readonly Crowd[]): void {
    const parsed = parseKey(key)
    if (parsed.kind !== 'service' || crowds.length === 0) return
    const { service, shard = '' } = parsed
    const spread = this.#spreads.get(service) ?? unspread
    const full = 2 * crowds.filter(crowd => crowd.full).length > crowds.length
    const workers = Math.max(...crowds.map(crowd => crowd.workers))
    this.#spreads.delete(service)
    this.#spreads.set(service, learnSpread(spread, shard.length, { full, workers }))
    for (const oldest of this.#spreads.keys()) {
      if (this.#spreads.size <= mostRemembered) break
      this.#spreads.delete(oldest)
    }
  }
}
