import type { Server, Socket } from 'node:net'
import { addressBlock } from '../../shared/address-block.ts'

/** Where a tunnel or a proxy on this machine comes from, with the connections of everybody. */
const loopbacks = ['127.0.0.1', '::1', '::ffff:127.0.0.1']

/**
 * Lets one address have no more than so many of a listener's connections: it closes what goes beyond them. Otherwise one
 * machine that opens connections and says nothing holds all that the listener takes.
 */
export function shareConnections(server: Server, mostOfAddress: number): void {
  const held = new Map<string, number>()
  server.prependListener('connection', (socket: Socket) => {
    const { remoteAddress } = socket
    if (remoteAddress === undefined || loopbacks.includes(remoteAddress)) return
    const block = addressBlock(remoteAddress)
    const count = held.get(block) ?? 0
    if (count >= mostOfAddress) {
      socket.destroy()
      return
    }
    held.set(block, count + 1)
    socket.once('close', () => {
      const left = (held.get(block) ?? 1) - 1
      if (left === 0) held.delete(block)
      else held.set(block, left)
    })
  })
}
