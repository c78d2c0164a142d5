import { Socket } from 'node:net'
import type { ConnectionEncrypter, SecuredConnection } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { AbstractMultiaddrConnection } from '@libp2p/utils'
import { Uint8ArrayList } from 'uint8arraylist'
import { KiB } from '../../shared/units.ts'
import { boundUnread } from './unread-bound.ts'

type Noise = ReturnType<typeof noise>

/** What waits for the end of a turn is less than this. */
const gatheredBytes = 32 * KiB

/** Bytes on the wire between this node and others since it was made, what encrypts them included. */
export interface Traffic {
  bytesIn: number
  bytesOut: number
}

/**
 * Noise that hands messages to the transport in one piece, all those of a turn of the event loop together, counts what
 * passes, and bounds what waits for a peer. @libp2p/tcp 11.0.28 writes each piece of a message by itself, without delay: a
 * request of 1 KiB took seven system calls and as many packets, and as many turns at its reader. System calls are a third of
 * what a request costs.
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
  encrypter.secureInbound = async (connection, options) =>
    bounded(await secureInbound(sendingWhole(connection, traffic), options))
  encrypter.secureOutbound = async (connection, options) =>
    bounded(await secureOutbound(sendingWhole(connection, traffic), options))
  return encrypter
}

function bounded<S extends SecuredConnection>(secured: S): S {
  boundUnread(secured.connection)
  return secured
}

function sendingWhole<C>(connection: C, traffic: Traffic): C {
  if (connection instanceof AbstractMultiaddrConnection) {
    const onData = connection.onData.bind(connection)
    // What goes through a relay is counted on the connection with the relay.
    const relayed = connection.remoteAddr.toString().includes('/p2p-circuit')
    gatherWrites(connection, bytes => {
      if (!relayed) traffic.bytesOut += bytes
    })
    // A listener would be in the way: the first one gets all that came before it.
    connection.onData = data => {
      if (!relayed) traffic.bytesIn += data.byteLength
      onData(data)
    }
  }
  return connection
}

/**
 * What is sent in one turn of the event loop leaves together at its end, or as soon as it is much. Little is copied together;
 * of much the copies would be half of the garbage of a node that forwards, so its pieces go to a TCP socket in one `writev`.
 */
function gatherWrites(connection: AbstractMultiaddrConnection, onSent: (bytes: number) => void): void {
  const sendData = connection.sendData.bind(connection)
  const sendClose = connection.sendClose.bind(connection)
  const sendReset = connection.sendReset.bind(connection)
  const socket = 'socket' in connection && connection.socket instanceof Socket ? connection.socket : undefined
  const waiting = new Uint8ArrayList()
  let turnEnd: NodeJS.Immediate | undefined
  /** What left at the end of a turn may have filled the transport; it says so when there is room again. */
  let full = false
  connection.addEventListener('drain', () => {
    full = false
  })
  const flush = () => {
    clearImmediate(turnEnd)
    turnEnd = undefined
    const pieces = waiting.byteLength < gatheredBytes || socket === undefined ? [waiting.subarray()] : [...waiting]
    waiting.consume(waiting.byteLength)
    let canSendMore = !full
    socket?.cork()
    for (const piece of pieces) if (piece.byteLength > 0) canSendMore = sendData(new Uint8ArrayList(piece)).canSendMore
    socket?.uncork()
    full = !canSendMore
    return canSendMore
  }
  // Nobody is there to hear of a failure then.
  const flushUnasked = () => {
    try {
      flush()
    } catch (error) {
      connection.abort(error instanceof Error ? error : new Error(String(error)))
    }
  }
  connection.sendData = data => {
    onSent(data.byteLength)
    waiting.append(data)
    turnEnd ??= setImmediate(flushUnasked)
    const hasRoom = waiting.byteLength < gatheredBytes || flush()
    return { sentBytes: data.byteLength, canSendMore: hasRoom && !full && socket?.writableNeedDrain !== true }
  }
  connection.sendClose = async options => {
    flushUnasked()
    await sendClose(options)
  }
  connection.sendReset = error => {
    clearImmediate(turnEnd)
    sendReset(error)
  }
}
