import type { Host } from '../dht/host.ts'
import { readPeerId } from '../dht/peer-ids.ts'
import { type EnrolWay, overHttp, overPeer } from './enrol-way.ts'
import type { MemberGate } from './gate.ts'

/** Peers asked to pass a renewal on: more would not reach what these do not. */
const maxRelays = 4

export interface WaysComponents {
  host: Host
  gate: MemberGate
  /** HTTP addresses of coordinators. */
  coordinatorUrls: () => readonly string[]
}

/** The ways to a coordinator as they are now: over HTTP, over an open connection, and through peers. */
export class Ways {
  readonly #components: WaysComponents

  constructor(components: WaysComponents) {
    this.#components = components
  }

  /** All of them, best first. */
  all(): EnrolWay[] {
    return [...this.#http(), ...this.#coordinators(false), ...this.#relays()]
  }

  /** Those of a relay: it asks no further peer. */
  direct(): EnrolWay[] {
    return [...this.#coordinators(true), ...this.#http()]
  }

  #http(): EnrolWay[] {
    return this.#components.coordinatorUrls().map(overHttp)
  }

  #coordinators(relayed: boolean): EnrolWay[] {
    return this.#connected('coordinator').map(peer =>
      overPeer(this.#components.host, readPeerId(peer), `coordinator ${peer}`, relayed),
    )
  }

  #relays(): EnrolWay[] {
    const peers = this.#connected('other').sort(() => Math.random() - 0.5)
    return peers.slice(0, maxRelays).map(peer => overPeer(this.#components.host, readPeerId(peer), `through ${peer}`))
  }

  #connected(who: 'coordinator' | 'other'): string[] {
    return this.#components.gate
      .members()
      .filter(({ roles }) => roles.includes('coordinator') === (who === 'coordinator'))
      .map(({ peerId }) => peerId)
  }
}
