import type { PeerIdText, ServiceType } from '../../shared/schema/primitives.ts'
import { type Milliseconds, minute } from '../../shared/units.ts'
import type { Clock } from '../clock.ts'
import { keepLatest } from '../keep-latest.ts'
import { type KeyText, maxShardDigits, parseKey, serviceKey, workersPerKey } from './keys.ts'

/** How long a node stays with a place: then it gets to know other workers. */
const placeLifetimeMs = 10 * minute
/** Services, and keys, of which something is remembered. */
const mostRemembered = 128

/** So many of its registrars have to say that a key is full, where it has as many: one may be lying. */
const voicesNeeded = 2

/** What one registrar says of a key. */
export interface Crowd {
  from: PeerIdText
  full: boolean
  /** How many stand under it that fit what was asked for. */
  workers: number
}

/** Where a node looks for the workers of a service. */
interface Place {
  /** Four digits drawn at random, of which the key has the first few. */
  readonly path: string
  readonly drawnAt: Milliseconds
  /** How many of its digits the key has that is asked for: those before it are full. */
  readonly digits: number
  /** Registrars of that key that said last that it is full. */
  readonly saidFull: ReadonlySet<PeerIdText>
  /** How often another place was asked for. */
  readonly turns: number
}

/**
 * Under which key of a service a node looks for workers. All workers of a full key stand under those with one digit more as
 * well, so that each stands under exactly one key that is not full: who goes on along a place drawn at random until a key
 * is not full comes to each worker with nearly the same chance, without knowing how many there are.
 */
export class ShardChoice {
  readonly #clock: Pick<Clock, 'now'>
  readonly #places = new Map<ServiceType, Place>()
  /** Keys none of whose registrars answered when they were last asked: they may have no room for so many askers. */
  readonly #deaf = new Set<KeyText>()

  constructor({ clock }: { clock: Pick<Clock, 'now'> }) {
    this.#clock = clock
  }

  /** The shard to ask for now, '' for the service's own key: along the same place for some minutes, for each new one takes a lookup. */
  of(service: ServiceType): string {
    const { path, digits } = this.#placeOf(service)
    return path.slice(0, digits)
  }

  /** A shard of another place, with as many digits, which begins with each digit but that of its own place in turn. */
  elsewhere(service: ServiceType): string {
    const place = this.#placeOf(service)
    const { path, digits, turns } = this.#keep(service, { ...place, turns: place.turns + 1 })
    const [own = ''] = path
    return (digitAfter(own, 1 + ((turns - 1) % 15)) + drawPath()).slice(0, digits)
  }

  /** A shard that goes on from one whose registrars do not answer; undefined where they do, or there is none. */
  beyond(service: ServiceType, shard: string): string | undefined {
    const { path } = this.#placeOf(service)
    const isDeaf = shard.length < maxShardDigits && this.#deaf.has(serviceKey(service, shard))
    if (!isDeaf) return undefined
    return path.startsWith(shard) ? path.slice(0, shard.length + 1) : shard + drawDigit()
  }

  /** Takes in whether any of the registrars of a key that were asked has answered. */
  answered(key: KeyText, anyOfThem: boolean): void {
    this.#deaf.delete(key)
    if (!anyOfThem) this.#deaf.add(key)
    const [oldest] = this.#deaf.size > mostRemembered ? this.#deaf : []
    if (oldest !== undefined) this.#deaf.delete(oldest)
  }

  /**
   * Takes in what some of a key's `registrars`, so many as it has, said of it. That a shorter one than is asked for has room again is
   * not believed at once: who says so may be new, or none of its registrars. The next place begins one digit shorter instead.
   */
  learn(key: KeyText, crowds: readonly Crowd[], registrars: number): void {
    const parsed = parseKey(key)
    if (parsed.kind !== 'service') return
    const { service, shard = '' } = parsed
    const place = this.#placeOf(service)
    const { path, digits } = place
    if (shard !== path.slice(0, digits) || digits === maxShardDigits) return
    const saidFull = new Set(place.saidFull)
    for (const { from, full } of crowds) {
      if (full) saidFull.add(from)
      else saidFull.delete(from)
    }
    const goesOn = isFull(crowds) && saidFull.size >= Math.min(voicesNeeded, registrars)
    this.#keep(service, goesOn ? { ...place, digits: digits + 1, saidFull: new Set() } : { ...place, saidFull })
  }

  #placeOf(service: ServiceType): Place {
    const now = this.#clock.now()
    const kept = this.#places.get(service)
    if (kept !== undefined && now >= kept.drawnAt && now < kept.drawnAt + placeLifetimeMs) return kept
    const digits = Math.max(0, (kept?.digits ?? 0) - 1)
    return this.#keep(service, { path: drawPath(), drawnAt: now, digits, saidFull: new Set(), turns: 0 })
  }

  #keep(service: ServiceType, place: Place): Place {
    keepLatest(this.#places, service, place, mostRemembered)
    return place
  }
}

/**
 * Of those who have room, who knows more workers counts for more, up to as many as a registrar keeps: who knows few may be new,
 * or none of the key's registrars. Pure.
 */
function isFull(crowds: readonly Crowd[]): boolean {
  const weights = crowds.map(({ full, workers }) => (full ? workersPerKey : -Math.min(workers, workersPerKey)))
  return weights.reduce((sum, weight) => sum + weight, 0) > 0
}

function drawPath(): string {
  return Array.from({ length: maxShardDigits }, drawDigit).join('')
}

function drawDigit(): string {
  return digitOf(Math.floor(Math.random() * 16))
}

/** The digit that comes so many after another, `0` after `f`. Pure. */
function digitAfter(digit: string, places: number): string {
  return digitOf((Number.parseInt(digit, 16) + places) % 16)
}

function digitOf(value: number): string {
  return value.toString(16)
}
