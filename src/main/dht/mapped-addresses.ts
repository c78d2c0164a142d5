import type { Connection, PeerId, Topology } from '@libp2p/interface'
import type { Mapping } from '../port-mapping/router.ts'
import { isRelayed } from './is-relayed.ts'

/** The parts of libp2p that it needs. */
export interface MappedAddressesComponents {
  addressManager: {
    addPublicAddressMapping(
      internalIp: string,
      internalPort: number,
      externalIp: string,
      externalPort?: number,
      protocol?: 'tcp' | 'udp',
    ): void
    removePublicAddressMapping(
      internalIp: string,
      internalPort: number,
      externalIp: string,
      externalPort?: number,
      protocol?: 'tcp' | 'udp',
    ): void
  }
  registrar: { getTopologies(protocol: string): Topology[] }
  connectionManager: { getConnections(peerId?: PeerId): Connection[] }
  peerStore: { get(peerId: PeerId): Promise<{ protocols: string[] }> }
}

/**
 * Addresses at which a router forwards connections to this node. libp2p announces them once a peer has dialled them (AutoNAT),
 * which it asks peers for when they connect and not when an address is added: here those are asked that are connected.
 */
export class MappedAddresses {
  readonly #parts: MappedAddressesComponents
  readonly #proofProtocol: string
  readonly #mappings = new Set<Mapping>()

  constructor(components: MappedAddressesComponents, { prefix }: { prefix: string }) {
    this.#parts = components
    this.#proofProtocol = `/${prefix}/autonat/2/dial-request`
  }

  add(mapping: Mapping): void {
    this.#mappings.add(mapping)
    this.#count(mapping)
    void this.#prove()
  }

  remove(mapping: Mapping): void {
    this.#mappings.delete(mapping)
    this.#discount(mapping)
  }

  /** Has peers try once more that could not reach it. AutoNAT asks each but once, and forgets that while it has no address. */
  async proveAgain(mapping: Mapping): Promise<void> {
    this.#discount(mapping)
    await this.#prove()
    if (!this.#mappings.has(mapping)) return
    this.#count(mapping)
    await this.#prove()
  }

  #count({ internalIp, internalPort, externalIp, externalPort }: Mapping): void {
    this.#parts.addressManager.addPublicAddressMapping(internalIp, internalPort, externalIp, externalPort, 'tcp')
  }

  #discount({ internalIp, internalPort, externalIp, externalPort }: Mapping): void {
    this.#parts.addressManager.removePublicAddressMapping(internalIp, internalPort, externalIp, externalPort, 'tcp')
  }

  async #prove(): Promise<void> {
    const { registrar, connectionManager, peerStore } = this.#parts
    const asked = new Set<string>()
    for (const connection of connectionManager.getConnections()) {
      const peer = connection.remotePeer
      if (isRelayed(connection.remoteAddr) || asked.has(peer.toString())) continue
      asked.add(peer.toString())
      const { protocols } = await peerStore.get(peer).catch(() => ({ protocols: [] as string[] }))
      if (!protocols.includes(this.#proofProtocol)) continue
      for (const topology of registrar.getTopologies(this.#proofProtocol)) topology.onConnect?.(peer, connection)
    }
  }
}
