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

/** A router that forwards ports for who asks it. All of it rejects with RouterRefused, or with the signal's reason. */
export interface Router {
  readonly protocol: RouterProtocol
  /** This machine's address on the router's side. */
  readonly lanIp: string
  /** Its address on the other side; a private one where it stands behind another router. */
  externalIp(signal: AbortSignal): Promise<string>
  /** Opens a port, or keeps it open for longer; resolves with the port it is outside. */
  open(wanted: WantedPort, signal: AbortSignal): Promise<number>
  close(mapping: Pick<Mapping, 'internalPort' | 'externalPort'>, signal: AbortSignal): Promise<void>
}

/** A router has answered, and does not want to. */
export class RouterRefused extends Error {
  override readonly name = 'RouterRefused'
}
