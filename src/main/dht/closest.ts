import { RmaError } from '../../shared/errors.ts'
import type { PeerIdText } from '../../shared/schema/primitives.ts'
import { type Milliseconds, second } from '../../shared/units.ts'
import type { Clock, StopTimer } from '../clock.ts'
import type { Position } from '../directory/keys.ts'
import type { Logger } from '../log.ts'
import type { Contact, Contacts } from './contacts.ts'
import { isTurnedAway, isUnanswered } from './failed-dial.ts'
import {
  hear,
  hurry,
  isDone,
  type Lookup,
  type LookupResult,
  nextToAsk,
  note,
  passedBy,
  resultOf,
  type Standing,
  soughtPeers,
  startLookup,
} from './lookup.ts'

/** A peer that has not answered by then is not waited for while others can be asked. */
const patienceMs = 0.25 * second
/** The same where a connection has to be made first and nobody waits for the result: four round trips more, 150 ms each. */
const connectingPatienceMs = 0.75 * second
/** Slow ones in whose place others have answered are waited for this long; less than it takes until they count as mute. */
const lastPatienceMs = 0.75 * second
const askTimeoutMs = 2 * second
/** The same where a connection has to be made first: a machine without processor time would take all others for mute. */
const connectAndAskTimeoutMs = 4 * second
const lookupTimeoutMs = 8 * second
/** Contacts a lookup starts with. */
const startWith = 16

/** Asks one peer whom it knows close to a place; rejects where it cannot be reached or does not answer in time. */
export type AskCloser = (
  contact: Contact,
  target: Position,
  options: { timeoutMs: Milliseconds; signal: AbortSignal },
) => Promise<Contact[]>

export interface ClosestPeersComponents {
  contacts: Pick<Contacts, 'closest' | 'hear'>
  ask: AskCloser
  /** Called with each peer that was only asked on the way. Default: this node stays connected with it. */
  leave?(peerId: PeerIdText): void
  clock: Clock
  log: Logger
}

export interface FindClosestOptions {
  /** How many of the 8 closest have to have answered themselves. */
  sure: number
  signal: AbortSignal
  /** Peers that lie close to the place, besides those this node is connected with. */
  near?: readonly Contact[]
}

/** Finds the servers closest to a place in the key space, by asking those this node knows and whom they name. */
export class ClosestPeers {
  readonly #components: ClosestPeersComponents

  constructor(components: ClosestPeersComponents) {
    this.#components = components
  }

  /**
   * The 8 closest that can be reached, closest first, this node not among them; none when there is nobody to ask. Rejects
   * when `signal` aborts.
   */
  async find(target: Position, { sure, signal, near = [] }: FindClosestOptions): Promise<LookupResult<Contact>> {
    signal.throwIfAborted()
    const start = [...near, ...this.#components.contacts.closest(target, startWith)]
    return new Walk(startLookup(target, sure, start), signal, this.#components).run()
  }
}

/** One lookup on its way. */
class Walk {
  readonly #components: ClosestPeersComponents
  readonly #signal: AbortSignal
  readonly #life = new AbortController()
  readonly #end = Promise.withResolvers<void>()
  #lookup: Lookup<Contact>
  #stopWaiting: StopTimer | undefined

  constructor(lookup: Lookup<Contact>, signal: AbortSignal, components: ClosestPeersComponents) {
    this.#lookup = lookup
    this.#signal = signal
    this.#components = components
  }

  async run(): Promise<LookupResult<Contact>> {
    const cancel = () => this.#end.reject(this.#signal.reason)
    const stopTimer = this.#components.clock.after(lookupTimeoutMs, () => this.#end.resolve())
    this.#signal.addEventListener('abort', cancel, { once: true })
    try {
      this.#goOn()
      await this.#end.promise
      for (const { peerId } of passedBy(this.#lookup)) this.#components.leave?.(peerId)
      return resultOf(this.#lookup)
    } finally {
      stopTimer()
      this.#stopWaiting?.()
      this.#signal.removeEventListener('abort', cancel)
      // Questions on their way are of no use any more, and would open connections.
      this.#life.abort()
    }
  }

  #goOn(): void {
    if (isDone(this.#lookup)) {
      this.#end.resolve()
      return
    }
    for (const contact of nextToAsk(this.#lookup)) {
      this.#note(contact, 'asked')
      void this.#ask(contact)
    }
    if (isDone(hurry(this.#lookup)))
      this.#stopWaiting ??= this.#components.clock.after(lastPatienceMs, () => {
        this.#lookup = hurry(this.#lookup)
        this.#goOn()
      })
  }

  async #ask(contact: Contact): Promise<void> {
    const { ask, clock, contacts, log } = this.#components
    const isHurried = !this.#lookup.patient || contact.connected
    const stopTimer = clock.after(isHurried ? patienceMs : connectingPatienceMs, () => {
      this.#note(contact, 'slow')
      this.#goOn()
    })
    try {
      const timeoutMs = contact.connected ? askTimeoutMs : connectAndAskTimeoutMs
      const named = await ask(contact, this.#lookup.target, { timeoutMs, signal: this.#life.signal })
      contacts.hear(named)
      this.#note(contact, 'answered')
      this.#lookup = hear(this.#lookup, named, contact.party)
    } catch (error) {
      this.#note(contact, standingAfter(error))
      if (!this.#life.signal.aborted)
        log.debug({ peer: contact.peerId, err: error }, 'a peer did not say who is closer')
    }
    stopTimer()
    if (!this.#life.signal.aborted) this.#goOn()
  }

  #note(contact: Contact, standing: Standing): void {
    this.#lookup = note(this.#lookup, contact.peerId, standing)
  }
}

function standingAfter(error: unknown): Standing {
  if ((error instanceof RmaError && error.code === 'DEADLINE') || isUnanswered(error)) return 'mute'
  return isTurnedAway(error) ? 'full' : 'failed'
}

export const thorough = soughtPeers
/** Peers near the place that answered for a lookup whose result is asked at once: who does not exist will be noticed. */
export const brief = 3
