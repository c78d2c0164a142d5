import type { IncomingMessage } from 'node:http'
import { RmaError } from '../../shared/errors.ts'
import { safeParse } from '../../shared/safe-parse.ts'
import type { PeerIdText } from '../../shared/schema/primitives.ts'
import { requestIdSchema } from '../../shared/schema/primitives.ts'
import { largestReceiptBytes } from '../ledger/receipt.ts'
import type { SocketOrigins } from './origin.ts'
import type { ServiceApp } from './service-app.ts'

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
    await receipts.take(id.data, await readReceipt(c.env.incoming as IncomingMessage), origin.peerId)
    return c.body(null, 204)
  })
}

/** Not from the adapter's Request: that needs a URL, and a Host header can keep it from being one. */
async function readReceipt(incoming: IncomingMessage): Promise<Uint8Array> {
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
