import type { IncomingMessage, ServerResponse } from 'node:http'
import { RmaError } from '../../shared/errors.ts'
import { safeParse } from '../../shared/safe-parse.ts'
import type { PeerIdText } from '../../shared/schema/primitives.ts'
import { requestIdSchema } from '../../shared/schema/primitives.ts'
import { second } from '../../shared/units.ts'
import { largestReceiptBytes } from '../ledger/receipt.ts'
import type { SocketOrigins } from './origin.ts'
import { RequestEnd } from './request-end.ts'
import type { ServiceApp } from './service-app.ts'

/** A receipt is sent at once, and is small. */
const receivedWithinMs = 10 * second

/** Where receipts are handed in; see `ReceiptDesk`. */
export interface ReceiptTaker {
  take(requestId: string, envelope: Uint8Array, from: PeerIdText): Promise<void>
}

/** `POST /receipts/<request id>`: a peer acknowledges what was done for it. 204 when it is kept. */
export function mountReceipts(
  app: ServiceApp,
  { receipts, origins }: { receipts: ReceiptTaker; origins: SocketOrigins },
) {
  app.post('/receipts/:id', async c => {
    const origin = origins.get(c.env.incoming.socket)
    if (origin?.kind !== 'peer') throw new RmaError('FORBIDDEN', 'expected a peer: receipts come from those who asked')
    const id = safeParse(requestIdSchema, c.req.param('id'))
    if (!id.success) throw new RmaError('NOT_FOUND', 'expected POST /receipts/<request id>')
    const end = new RequestEnd(c.env.outgoing as ServerResponse)
    end.within(receivedWithinMs)
    const envelope = await readReceipt(c.env.incoming as IncomingMessage, end.signal)
    await receipts.take(id.data, envelope, origin.peerId)
    return c.body(null, 204)
  })
}

/** Not from the adapter's Request: that needs a URL, and a Host header can keep it from being one. */
async function readReceipt(incoming: IncomingMessage, signal: AbortSignal): Promise<Uint8Array> {
  // Nobody else waits for it: who sends a byte now and then would keep a stream for as long as it likes.
  signal.addEventListener('abort', () => incoming.destroy(signal.reason), { once: true })
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of incoming.iterator({ destroyOnReturn: false })) {
    bytes += chunk.byteLength
    if (bytes > largestReceiptBytes) {
      throw new RmaError('TOO_LARGE', `expected a receipt of at most ${largestReceiptBytes} bytes`)
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
