import type { Connection, Libp2p } from '@libp2p/interface'
import { isLoopback } from '@libp2p/utils'
import type { Milliseconds } from '../../shared/units.ts'
import type { Clock } from '../clock.ts'
import type { Startable } from '../lifecycle.ts'

/** Whether other machines come to this one by themselves, as far as a node can see that. */
export interface Incoming {
  cameIn: boolean
  /** How long it has been watched. */
  watchedMs: Milliseconds
}

/** A connection that another machine has opened straight to this one: nothing in between keeps it out. */
export function camePast({
  direction,
  remoteAddr,
  limits,
}: Pick<Connection, 'direction' | 'remoteAddr' | 'limits'>): boolean {
  return (
    direction === 'inbound' &&
    limits === undefined &&
    !remoteAddr.toString().includes('/p2p-circuit') &&
    !isLoopback(remoteAddr)
  )
}

/** Watches whether any other machine connects to this one by itself. One is enough: no firewall is in the way then. */
export class IncomingWatch implements Startable {
  readonly #libp2p: Pick<Libp2p, 'addEventListener' | 'removeEventListener'>
  readonly #clock: Clock
  #startedAt: Milliseconds
  #cameIn = false

  constructor({ libp2p, clock }: { libp2p: Pick<Libp2p, 'addEventListener' | 'removeEventListener'>; clock: Clock }) {
    this.#libp2p = libp2p
    this.#clock = clock
    this.#startedAt = clock.now()
  }

  get state(): Incoming {
    return { cameIn: this.#cameIn, watchedMs: this.#clock.now() - this.#startedAt }
  }

  start(): void {
    this.#startedAt = this.#clock.now()
    this.#cameIn = false
    this.#libp2p.addEventListener('connection:open', this.#onOpen)
  }

  stop(): void {
    this.#libp2p.removeEventListener('connection:open', this.#onOpen)
  }

  readonly #onOpen = ({ detail }: CustomEvent<Connection>): void => {
    if (!camePast(detail)) return
    this.#cameIn = true
    this.stop()
  }
}
