import type { ConnectionEncrypter } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { AbstractMultiaddrConnection } from '@libp2p/utils'
import { Uint8ArrayList } from 'uint8arraylist'

type Noise = ReturnType<typeof noise>

/**
 * Noise that hands each message to the transport in one piece. @libp2p/tcp 11.0.28 writes each piece of a message by
 * itself, without delay: a request of 1 KiB took seven system calls and as many packets, and as many turns at its reader.
 */
export function noiseInWholeFrames(init: Parameters<typeof noise>[0]): Noise {
  return components => {
    const encrypter = noise(init)(components)
    return withWholeFrames(encrypter)
  }
}

function withWholeFrames<T extends ConnectionEncrypter>(encrypter: T): T {
  const secureInbound = encrypter.secureInbound.bind(encrypter)
  const secureOutbound = encrypter.secureOutbound.bind(encrypter)
  encrypter.secureInbound = (connection, options) => secureInbound(sendingWhole(connection), options)
  encrypter.secureOutbound = (connection, options) => secureOutbound(sendingWhole(connection), options)
  return encrypter
}

function sendingWhole<C>(connection: C): C {
  if (connection instanceof AbstractMultiaddrConnection) {
    const sendData = connection.sendData.bind(connection)
    connection.sendData = data => sendData(new Uint8ArrayList(data.subarray()))
  }
  return connection
}
