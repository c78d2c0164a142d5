import type { Libp2p } from '@libp2p/interface'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import type { Logger } from '../log.ts'

const parallelDials = 8

export interface DialerComponents {
  libp2p: Libp2p
  log: Logger
}

/** Opens connections to peers whose addresses somebody gave us, some of which will be wrong or out of date. */
export class Dialer {
  readonly #components: DialerComponents

  constructor(components: DialerComponents) {
    this.#components = components
  }

  /**
   * Dials the peers, eight at a time, until `enough` connections were made, all were tried, or `signal` aborts. Returns
   * how many were reached. Failures are expected here and only logged at debug level.
   */
  async dialAll(addresses: readonly string[], enough: number, signal: AbortSignal): Promise<number> {
    const targets = groupByPeer(addresses, this.#components.libp2p.peerId.toString()).values()
    let reached = 0
    const dialNext = async (): Promise<void> => {
      for (const target of targets) {
        if (signal.aborted || reached >= enough) return
        if (await this.#reaches(target, signal)) reached++
      }
    }
    await Promise.all(Array.from({ length: parallelDials }, dialNext))
    return reached
  }

  async #reaches(target: Multiaddr[], signal: AbortSignal): Promise<boolean> {
    try {
      await this.#components.libp2p.dial(target, { signal })
      return true
    } catch (error) {
      this.#components.log.debug({ address: String(target[0]), reason: String(error) }, 'a peer was not reached')
      return false
    }
  }
}

/** Addresses of one peer are dialled together. Own addresses and text that is no multiaddr are left out. */
export function groupByPeer(addresses: readonly string[], self: string): Multiaddr[][] {
  const groups = new Map<string, Multiaddr[]>()
  for (const text of addresses) {
    const address = parseMultiaddr(text)
    if (address === undefined) continue
    const peer = peerIdIn(address)
    if (peer === self) continue
    const group = groups.get(peer ?? text) ?? []
    groups.set(peer ?? text, [...group, address])
  }
  return [...groups.values()]
}

function parseMultiaddr(text: string): Multiaddr | undefined {
  try {
    return multiaddr(text)
  } catch {
    return undefined
  }
}

function peerIdIn(address: Multiaddr): string | undefined {
  return address.getComponents().findLast(component => component.name === 'p2p')?.value
}
