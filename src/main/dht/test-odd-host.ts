import { circuitRelayServer } from '@libp2p/circuit-relay-v2'
import { identify } from '@libp2p/identify'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { createLibp2p, type Libp2p } from 'libp2p'
import { fromString } from 'uint8arrays/from-string'
import { networkId, protocolNames, protocolPrefix } from './network.ts'

/** Addresses that libp2p takes from anybody, and that neither frames nor records nor the address book may hold. */
export const oddAddresses = ['/dns4/ü/tcp/1', `/dns4/${'long.'.repeat(60)}example/tcp/1`]

/** A started host of another make, on 127.0.0.1: says it serves the directory, relays for anybody, and announces `addresses`. */
export async function startOddHost(addresses: readonly string[] = oddAddresses): Promise<Libp2p> {
  const id = networkId('test')
  const libp2p = await createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'], appendAnnounce: [...addresses] },
    transports: [tcp()],
    connectionEncrypters: [noise({ prologueBytes: fromString(id) })],
    streamMuxers: [yamux()],
    services: {
      identify: identify({ protocolPrefix: protocolPrefix(id) }),
      relay: circuitRelayServer(),
    },
  })
  await libp2p.handle(protocolNames(id).directory, () => undefined)
  return libp2p
}
