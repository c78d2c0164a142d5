import type { IncomingMessage } from 'node:http'
import { MiB, second } from '../../shared/units.ts'

const mostBytes = 64 * MiB
const withinMs = 15 * second

/**
 * Reads away what is left of a refused body, so that its sender comes to read the answer: closing on somebody who still
 * writes would reset the connection under it. A body without end is cut off after 64 MiB or 15 s.
 */
export function discardRest(incoming: IncomingMessage): void {
  if (incoming.complete || incoming.destroyed) return
  const timer = setTimeout(() => incoming.destroy(), withinMs)
  timer.unref()
  let bytes = 0
  // Whoever read before may have left the stream in paused mode, where only `read` moves it.
  const discard = () => {
    for (let chunk = incoming.read(); chunk !== null; chunk = incoming.read()) bytes += chunk.length
    if (bytes > mostBytes) incoming.destroy()
  }
  incoming.on('readable', discard)
  incoming.once('end', () => clearTimeout(timer))
  incoming.once('close', () => clearTimeout(timer))
  discard()
}
