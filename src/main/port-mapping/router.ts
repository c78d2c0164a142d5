import type { Milliseconds } from '../../shared/units.ts'

/** How a router is spoken with. */
export type RouterProtocol = 'nat-pmp' | 'upnp'

/** A TCP port of a router's that leads to one of this machine's. */
export interface Mapping {
  internalIp: string
  internalPort: number
  externalIp: string
  externalPort: number
}

export interface WantedPort {
  internalPort: number
  /** Asked for first; where it is taken the router or a random choice finds another. */
  externalPort: number
  lifetimeMs: Milliseconds
}

/** Both sides of a port that was opened. */
export type OpenedPort = Pick<Mapping, 'internalPort' | 'externalPort'>

/**
 * A router that forwards ports for who asks it. All of it rejects with RouterRefused where the router says no, with the signal's
 * reason, and with whatever error comes up where it does not answer, or not as its protocol has it.
 */
export interface Router {
  readonly protocol: RouterProtocol
  /** This machine's address on the router's side. */
  readonly lanIp: string
  /** Its address on the other side; a private one where it stands behind another router. */
  externalIp(signal: AbortSignal): Promise<string>
  /**
   * Opens a port, or keeps it open for longer; resolves with the port it is outside. `beforePermanent` is waited for before one is
   * opened that the router never closes by itself, where it knows no others.
   */
  open(wanted: WantedPort, signal: AbortSignal, beforePermanent: (port: OpenedPort) => Promise<void>): Promise<number>
  close(port: OpenedPort, signal: AbortSignal): Promise<void>
  /** Whether the router forwards that port to this machine now; only where its protocol tells, and knows permanent ports. */
  leadsHere?(port: OpenedPort, signal: AbortSignal): Promise<boolean>
}

/** A router has answered, and does not want to. */
export class RouterRefused extends Error {
  override readonly name = 'RouterRefused'
}
