import { randomBytes } from 'node:crypto'
import type { Connection } from '@libp2p/interface'
import { byteStream } from '@libp2p/utils'
import type { Milliseconds } from '../../shared/units.ts'

const pingBytes = 32

/**
 * How long a round trip takes on this very connection, by libp2p's ping protocol; its own `ping` takes any connection to the
 * peer. Rejects where nothing comes back.
 */
export async function pingConnection(
  connection: Connection,
  protocol: string,
  signal: AbortSignal,
): Promise<Milliseconds> {
  const stream = await connection.newStream(protocol, { signal, runOnLimitedConnection: true })
  try {
    const bytes = byteStream(stream)
    const sentAt = performance.now()
    await Promise.all([bytes.write(randomBytes(pingBytes), { signal }), bytes.read({ bytes: pingBytes, signal })])
    const rttMs = performance.now() - sentAt
    connection.rtt = rttMs
    await stream.close({ signal })
    return rttMs
  } catch (error) {
    stream.abort(error instanceof Error ? error : new Error(String(error)))
    throw error
  }
}
