import { type IncomingMessage, request as startRequest } from 'node:http'
import type { Socket } from 'node:net'
import { type Duplex, Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

export interface StreamedRequest {
  method: 'GET' | 'POST'
  path: string
  headers: Record<string, string>
  body: () => AsyncIterable<Uint8Array>
  signal: AbortSignal
}

/** Why it failed, and whether any of the body was on its way: until the peer asks for it, it cannot have begun. */
export class SendFailure extends Error {
  override readonly name = 'SendFailure'
  readonly sent: boolean

  constructor(cause: unknown, sent: boolean) {
    super('the request could not be sent', { cause })
    this.sent = sent
  }
}

/**
 * Sends a request whose body is read only once the peer has said `100 Continue`: a peer that refuses does so before any of
 * the body is lost. The socket serves this request alone. Node's client, because undici's has no `Expect` over HTTP/1.
 *
 * @throws SendFailure
 */
export function sendAfterContinue(
  socket: Duplex,
  { method, path, headers, body, signal }: StreamedRequest,
): Promise<{ status: number; headers: IncomingMessage['headers']; body: IncomingMessage }> {
  let sent = false
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown) => reject(new SendFailure(cause, sent))
    const outgoing = startRequest({
      method,
      path,
      headers: { ...headers, host: 'peer', connection: 'close', expect: '100-continue' },
      // Node asks no more of a socket than a duplex stream has.
      createConnection: () => socket as Socket,
      signal,
    })
    outgoing.on('error', fail)
    outgoing.once('continue', () => {
      sent = true
      // A source that fails ends the request, and the error says so.
      pipeline(Readable.from(body(), { objectMode: false }), outgoing).catch(fail)
    })
    outgoing.once('response', response => {
      // What is left unsent of the body is not wanted once the answer is there.
      response.once('close', () => outgoing.destroy())
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body: response })
    })
    outgoing.flushHeaders()
  })
}
