import type { Connection } from '@libp2p/interface'
import { isLoopback, isPrivate } from '@libp2p/utils'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { second } from '../../shared/units.ts'
import type { Clock, StopTimer } from '../clock.ts'
import type { Startable } from '../lifecycle.ts'
import type { Logger } from '../log.ts'
import type { Host } from './host.ts'
import { isRelayed } from './is-relayed.ts'

/** Connections come and go many at a time. */
const gatherMs = 1 * second

export interface ReachabilityFacts {
  /** Addresses of the peers this node has connections with, as they are seen from here. */
  peers: readonly Multiaddr[]
  /** Its own that others have found to lead to it. */
  own: readonly Multiaddr[]
}

/**
 * Whether a node serves the DHT and the directory. Among private addresses everybody does: they reach each other. Where
 * peers have public addresses only those do that others have reached at one. Pure.
 */
export function chooseMode({ peers, own }: ReachabilityFacts): 'server' | 'client' {
  return peers.some(isPublic) && !own.some(isPublic) ? 'client' : 'server'
}

function isPublic(address: Multiaddr): boolean {
  return !isRelayed(address) && !isPrivate(address) && !isLoopback(address)
}

export interface ReachabilityComponents {
  host: Host
  clock: Clock
  log: Logger
}

/** Makes this node a server or a client as it turns out to be reachable or not; clients let themselves be reached by relay. */
export class Reachability implements Startable {
  readonly #parts: ReachabilityComponents
  #stopGather: StopTimer | undefined
  #changing: Promise<void> = Promise.resolve()
  #running = false

  constructor(components: ReachabilityComponents) {
    this.#parts = components
  }

  start(): void {
    const { libp2p } = this.#parts.host
    this.#running = true
    for (const event of ['connection:open', 'connection:close', 'self:peer:update'] as const)
      libp2p.addEventListener(event, this.#onChange)
    this.#onChange()
  }

  async stop(): Promise<void> {
    const { libp2p } = this.#parts.host
    this.#running = false
    for (const event of ['connection:open', 'connection:close', 'self:peer:update'] as const)
      libp2p.removeEventListener(event, this.#onChange)
    this.#stopGather?.()
    this.#stopGather = undefined
    await this.#changing
  }

  readonly #onChange = (): void => {
    this.#stopGather ??= this.#parts.clock.after(gatherMs, () => {
      this.#stopGather = undefined
      this.#changing = this.#changing.then(() => this.#decide())
    })
  }

  async #decide(): Promise<void> {
    const { host, log } = this.#parts
    const peers = host.libp2p.getConnections().map((connection: Connection) => connection.remoteAddr)
    const mode = chooseMode({ peers, own: host.addresses().map(address => multiaddr(address)) })
    if (!this.#running || mode === host.mode.get()) return
    try {
      await host.setMode(mode)
      log.info({ mode }, mode === 'server' ? 'others can reach this node' : 'others cannot reach this node directly')
    } catch (error) {
      log.warn({ err: error, mode }, 'this node could not change its place in the network')
    }
  }
}
