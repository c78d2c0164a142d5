import type { StreamMiddleware } from '@libp2p/interface'
import type { KadDHTComponents } from '@libp2p/kad-dht'

/**
 * Puts a gate before every protocol, libp2p's own included, and those handled later. libp2p's `registrar.use` takes one
 * protocol at a time, and adds the handler of each inbound stream to the list it was given, so that they pile up: here
 * each stream gets a list of its own.
 */
export function keepGate(registrar: KadDHTComponents['registrar'], gate: StreamMiddleware): void {
  registrar.getMiddleware = () => [gate]
}
