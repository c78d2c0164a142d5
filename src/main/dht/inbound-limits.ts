import type { ConnectionGater, MultiaddrConnection } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { addressBlock } from '../../shared/address-block.ts'
import { isRelayed } from './is-relayed.ts'

export interface InboundLimitsInit {
  /** Connections of one address that have not finished their handshake. */
  pendingOfAddress: number
  /** Connections of one address in all. */
  ofAddress: number
}

interface Held {
  pending: number
  open: number
}

/**
 * Bounds what one address takes up of the connections that this node has for all. libp2p bounds them in all, and how often an
 * address may begin: by that alone one machine holds all handshakes, or in a minute all connections, and nobody else gets in.
 * What comes through a relay has the relay's address, and is the relay's to bound.
 */
export class InboundLimits implements ConnectionGater {
  readonly #init: InboundLimitsInit
  readonly #held = new Map<string, Held>()
  readonly #pending = new WeakSet<MultiaddrConnection>()

  constructor(init: InboundLimitsInit) {
    this.#init = init
  }

  /** Addresses that hold any. */
  get size(): number {
    return this.#held.size
  }

  /** Called by libp2p when a connection comes in, before its handshake. */
  readonly denyInboundConnection = (connection: MultiaddrConnection): boolean => {
    const address = hostOf(connection.remoteAddr)
    if (address === undefined) return false
    const held = this.#held.get(address) ?? { pending: 0, open: 0 }
    const { pendingOfAddress, ofAddress } = this.#init
    if (held.pending >= pendingOfAddress || held.pending + held.open >= ofAddress) return true
    held.pending++
    this.#held.set(address, held)
    this.#pending.add(connection)
    connection.addEventListener('close', () => this.#forget(address, connection), { once: true })
    return false
  }

  /** And when its handshake has proven who is there. */
  readonly denyInboundUpgradedConnection = (_: unknown, connection: MultiaddrConnection): boolean => {
    const held = this.#held.get(hostOf(connection.remoteAddr) ?? '')
    if (held !== undefined && this.#pending.delete(connection)) {
      held.pending--
      held.open++
    }
    return false
  }

  #forget(address: string, connection: MultiaddrConnection): void {
    const held = this.#held.get(address)
    if (held === undefined) return
    if (this.#pending.delete(connection)) held.pending--
    else held.open--
    if (held.pending + held.open <= 0) this.#held.delete(address)
  }
}

/** IPv4 address, or the /64 that an IPv6 machine has to itself; undefined for what comes through a relay. */
export function hostOf(address: Multiaddr): string | undefined {
  const [first] = address.getComponents()
  if (first?.value === undefined || isRelayed(address)) return undefined
  return addressBlock(first.value)
}
