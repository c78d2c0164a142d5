import type { IncomingMessage, ServerResponse } from 'node:http'

const allowedHeaders =
  'authorization, content-type, x-rma-request-id, x-rma-deadline-ms, x-rma-trusted, x-rma-model, x-rma-languages'
const exposedHeaders = 'x-rma-worker, x-rma-load, x-rma-queue, x-rma-path, retry-after'

/** Origins whose pages may read answers: those named, or all. */
export type PageOrigins = readonly string[] | 'all'

/** Headers of an answer to a page of one of `origins`; none for pages of others, which a browser then keeps from it. */
export function allowOrigin(incoming: IncomingMessage, outgoing: ServerResponse, origins: PageOrigins): boolean {
  const { origin } = incoming.headers
  outgoing.setHeader('vary', 'origin')
  if (origin === undefined || (origins !== 'all' && !origins.includes(origin))) return false
  outgoing.setHeader('access-control-allow-origin', origin)
  outgoing.setHeader('access-control-expose-headers', exposedHeaders)
  return true
}

/** Answers what a browser asks before it lets a page send its request. */
export function answerPreflight(outgoing: ServerResponse, allowed: boolean, methods: string): void {
  if (allowed) {
    outgoing.setHeader('access-control-allow-methods', methods)
    outgoing.setHeader('access-control-allow-headers', allowedHeaders)
    outgoing.setHeader('access-control-max-age', '600')
  }
  outgoing.writeHead(204)
  outgoing.end()
}
