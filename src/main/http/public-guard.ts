import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { RmaError } from '../../shared/errors.ts'
import { sendError } from './answer.ts'
import { allowOrigin, answerPreflight, type PageOrigins } from './cors.ts'
import type { SocketOrigins } from './origin.ts'
import type { ServiceApp } from './service-app.ts'

/**
 * Goes before all else: through the public listener there are `POST /service/<type>` and a bare `GET /health`, and nothing
 * of what peers and this machine's programs are answered. Any site's page may ask by default: there is no cookie that a
 * browser would add by itself, and without a ticket nothing is done.
 */
export function mountPublicGuard(
  app: ServiceApp,
  { origins }: { origins: SocketOrigins },
  { pageOrigins = 'all' }: { pageOrigins?: PageOrigins },
): void {
  app.use(async (c, next) => {
    const { incoming, outgoing } = c.env
    if (origins.get(incoming.socket)?.kind !== 'public') return next()
    const { method, path } = c.req
    outgoing.setHeader('x-content-type-options', 'nosniff')
    const allowed = allowOrigin(incoming, outgoing, pageOrigins)
    if (method === 'POST' && /^\/service\/[^/]+$/.test(path)) return next()
    if (method === 'GET' && path === '/health') return c.json({ status: 'ok' })
    if (method === 'OPTIONS') answerPreflight(outgoing, allowed, 'POST')
    else sendError(incoming, outgoing, new RmaError('NOT_FOUND', 'expected POST /service/<type> or GET /health'))
    return RESPONSE_ALREADY_SENT
  })
}
