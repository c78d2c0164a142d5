import { noise } from '@libp2p/noise'
import { webSockets } from '@libp2p/websockets'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { fromString } from 'uint8arrays/from-string'
import type { PeerIdText } from '../../shared/schema/primitives.ts'

/**
 * Resolves once a connection through `url` has ended at the node with that peer id: as a stranger, since libp2p connects to
 * nobody with its own key. Whatever answers there instead fails in the handshake.
 */
export async function proveReach(
  url: string,
  { networkId, peerId }: { networkId: string; peerId: PeerIdText },
  signal: AbortSignal,
): Promise<void> {
  const stranger = await createLibp2p({
    transports: [webSockets()],
    connectionEncrypters: [noise({ prologueBytes: fromString(networkId) })],
    streamMuxers: [yamux()],
    connectionMonitor: { enabled: false },
  })
  try {
    await stranger.dial(multiaddr(`${webSocketAddress(url)}/p2p/${peerId}`), { signal })
  } finally {
    await stranger.stop()
  }
}

/** The multiaddr by which a tunnel's URL is dialled; without TLS only where both ends are on one machine. */
export function webSocketAddress(url: string): string {
  const { protocol, hostname, port } = new URL(url)
  if (protocol === 'https:') return `/dns4/${hostname}/tcp/${port || 443}/tls/ws`
  return `/ip4/${hostname}/tcp/${port || 80}/ws`
}
