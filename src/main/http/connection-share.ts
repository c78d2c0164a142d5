import type { Server, Socket } from 'node:net'
import { addressBlock } from '../../shared/address-block.ts'
import { Shares } from '../shares.ts'

/** Where a tunnel or a proxy on this machine comes from, with the connections of everybody. */
const loopbacks = ['127.0.0.1', '::1', '::ffff:127.0.0.1']

/**
 * Lets one address have no more than so many of a listener's connections: it closes what goes beyond them. Otherwise one
 * machine that opens connections and says nothing holds all that the listener takes.
 */
export function shareConnections(server: Server, mostOfAddress: number): void {
  const shares = new Shares(mostOfAddress)
  server.prependListener('connection', (socket: Socket) => {
    const { remoteAddress } = socket
    if (remoteAddress === undefined || loopbacks.includes(remoteAddress)) return
    const giveBack = shares.take(addressBlock(remoteAddress))
    if (giveBack === undefined) socket.destroy()
    else socket.once('close', giveBack)
  })
}
