import type { IncomingMessage, ServerResponse } from 'node:http'

/** Whether the sender waits for `100 Continue` before it sends the body. */
export function awaitsContinue({ headers }: IncomingMessage): boolean {
  return headers.expect?.toLowerCase() === '100-continue'
}

/** A request's body, asked for with `100 Continue` where its sender waits for that, once somebody reads it. */
export async function* awaitedBody(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): AsyncGenerator<Uint8Array, void, void> {
  if (awaitsContinue(incoming) && !outgoing.headersSent) outgoing.writeContinue()
  // Left open by whoever gives up on it: to destroy it would take the connection along, and the answer with it.
  yield* incoming.iterator({ destroyOnReturn: false })
}
