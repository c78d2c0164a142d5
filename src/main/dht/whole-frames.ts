import type { ConnectionEncrypter } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { AbstractMultiaddrConnection } from '@libp2p/utils'
import { Uint8ArrayList } from 'uint8arraylist'

type Noise = ReturnType<typeof noise>

/** Bytes on the wire between this node and others since it was made, what encrypts them included. */
export interface Traffic {
  bytesIn: number
  bytesOut: number
}

/**
 * Noise that hands each message to the transport in one piece, and counts what passes. @libp2p/tcp 11.0.28 writes each piece
 * of a message by itself, without delay: a request of 1 KiB took seven system calls and as many packets, and as many turns at
 * its reader.
 */
export function noiseInWholeFrames(init: Parameters<typeof noise>[0], traffic: Traffic): Noise {
  return components => {
    const encrypter = noise(init)(components)
    return withWholeFrames(encrypter, traffic)
  }
}

function withWholeFrames<T extends ConnectionEncrypter>(encrypter: T, traffic: Traffic): T {
  const secureInbound = encrypter.secureInbound.bind(encrypter)
  const secureOutbound = encrypter.secureOutbound.bind(encrypter)
  encrypter.secureInbound = (connection, options) => secureInbound(sendingWhole(connection, traffic), options)
  encrypter.secureOutbound = (connection, options) => secureOutbound(sendingWhole(connection, traffic), options)
  return encrypter
}

function sendingWhole<C>(connection: C, traffic: Traffic): C {
  if (connection instanceof AbstractMultiaddrConnection) {
    const sendData = connection.sendData.bind(connection)
    const onData = connection.onData.bind(connection)
    // What goes through a relay is counted on the connection with the relay.
    const relayed = connection.remoteAddr.toString().includes('/p2p-circuit')
    connection.sendData = data => {
      if (!relayed) traffic.bytesOut += data.byteLength
      return sendData(new Uint8ArrayList(data.subarray()))
    }
    // A listener would be in the way: the first one gets all that came before it.
    connection.onData = data => {
      if (!relayed) traffic.bytesIn += data.byteLength
      onData(data)
    }
  }
  return connection
}
