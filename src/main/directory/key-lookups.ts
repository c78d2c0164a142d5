import { minute, second } from '../../shared/units.ts'
import type { Clock, StopTimer } from '../clock.ts'
import { thorough } from '../dht/closest.ts'
import { retryDelay } from '../dht/retry-delay.ts'
import type { Startable } from '../lifecycle.ts'
import type { Logger } from '../log.ts'
import { timeLimit } from '../time-limit.ts'
import type { AnnouncedKeys, Keyed } from './announced-keys.ts'
import type { KeyText } from './keys.ts'
import type { Registrars } from './registrars.ts'

const intervalMs = 2.5 * minute
/** For one key. */
const timeoutMs = 10 * second
/** After so many in a row that left doubts the regular ones have to do: servers without room stay so for long. */
const mostRepeats = 6

export interface KeyLookupsComponents {
  registrars: Pick<Registrars, 'refresh' | 'others'>
  keys: AnnouncedKeys
  clock: Clock
  log: Logger
}

export interface KeyLookupsInit {
  /** What is announced now; undefined: nothing. */
  record: () => Keyed | undefined
  /** Called after each key. */
  onLookedUp: () => void
}

/** Looks the keys of this node's record up in the DHT, so that it lies where a stranger would look for it. */
export class KeyLookups implements Startable {
  readonly #components: KeyLookupsComponents
  readonly #init: KeyLookupsInit
  #life = new AbortController()
  #running = 0
  #failures = 0
  #stopRetry: StopTimer | undefined
  #stopTimer: StopTimer = () => undefined

  constructor(components: KeyLookupsComponents, init: KeyLookupsInit) {
    this.#components = components
    this.#init = init
  }

  start(): void {
    this.#life = new AbortController()
    const { clock } = this.#components
    // Those that started together, as after an outage, do not look up together ever after.
    this.#stopTimer = clock.after(intervalMs * (0.5 + 0.5 * Math.random()), () => {
      this.#stopTimer = clock.every(intervalMs, () => this.begin())
      this.begin()
    })
  }

  stop(): void {
    this.#life.abort()
    this.#stopTimer()
    this.#stopRetry?.()
    this.#stopRetry = undefined
  }

  get running(): boolean {
    return this.#running > 0
  }

  begin(): void {
    void this.#lookUpAll()
  }

  /** Without an answer the record may lie where only this node would look for it, so the next try does not take minutes. */
  later(why: unknown): void {
    const { registrars, clock, log } = this.#components
    if (this.#life.signal.aborted || this.#stopRetry !== undefined) return
    this.#failures++
    log.debug({ err: why }, 'the registrars of a key were not found')
    if (this.#failures > mostRepeats && registrars.others > 0) return
    this.#stopRetry = clock.after(retryDelay(this.#failures, Math.random()), () => {
      this.#stopRetry = undefined
      this.begin()
    })
  }

  /** One after the other, those of the services first, for each may take new connections. */
  async #lookUpAll(): Promise<void> {
    const { registrars, keys, clock } = this.#components
    const { onLookedUp } = this.#init
    const record = this.#init.record()
    if (record === undefined || this.#life.signal.aborted) return
    const life = this.#life.signal
    this.#running++
    let doubt: unknown
    const done = new Set<KeyText>()
    const next = () => (life.aborted ? undefined : keys.nextToLookUp(record, done))
    for (let key = next(); key !== undefined; key = next()) {
      done.add(key)
      try {
        const signal = AbortSignal.any([life, timeLimit(clock, timeoutMs)])
        if (!(await registrars.refresh(key, thorough, signal))) doubt ??= 'not all that are closest answered'
        keys.noteLookup(key)
        onLookedUp()
      } catch (error) {
        doubt ??= error
      }
    }
    this.#running--
    if (doubt === undefined) this.#failures = 0
    else this.later(doubt)
  }
}
