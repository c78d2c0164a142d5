import type { IncomingMessage, ServerResponse } from 'node:http'
import type { HttpBindings } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { Hono } from 'hono'
import { RmaError, toRmaError } from '../../shared/errors.ts'
import { safeParse } from '../../shared/safe-parse.ts'
import { type PathKind, type PeerIdText, serviceTypeSchema } from '../../shared/schema/primitives.ts'
import type { BootstrapAnswer } from '../../shared/schema/seeds.ts'
import type { ServiceStatus } from '../../shared/schema/service.ts'
import type { Clock } from '../clock.ts'
import { isSameToken } from '../config/access-token.ts'
import type { Logger } from '../log.ts'
import { expositionType } from '../metrics/exposition.ts'
import { type Arrival, mayForward } from '../routing/forwarding-rule.ts'
import { formatResponseHeaders, parseRequestHeaders } from '../routing/headers.ts'
import type { LocalWorker } from '../routing/local-worker.ts'
import type { RoutedAnswer } from '../routing/routed-answer.ts'
import type { ServiceRequest } from '../service-request.ts'
import { sendAnswer, sendError } from './answer.ts'
import { awaitedBody } from './awaited-body.ts'
import type { PageOrigins } from './cors.ts'
import type { Origin, SocketOrigins } from './origin.ts'
import { mountPublicGuard } from './public-guard.ts'
import { mountReceipts, type ReceiptTaker } from './receipt-route.ts'
import { RequestEnd } from './request-end.ts'
import type { TicketTaker } from './ticket-gate.ts'

export interface ServiceAppComponents {
  local: LocalWorker
  router: { route(request: ServiceRequest): Promise<RoutedAnswer> }
  origins: SocketOrigins
  /** Missing: no receipts are taken. */
  receipts?: ReceiptTaker
  /** Lets in what comes through the public listener. Missing: nothing does. */
  tickets?: TicketTaker
  clock: Clock
  log: Logger
}

export interface ServiceAppInit {
  selfId: PeerIdText
  version: string
  /** What programs on this machine must show. */
  accessToken: string
  services: () => ServiceStatus[]
  /** Whether the node takes requests from others now. */
  donating: () => boolean
  /** What `GET /metrics` answers programs on this machine. Default: there are none. */
  metrics?: () => string
  /** Whether this node is there to pass on what other nodes ask, as coordinators are. Default: no. */
  forwardsForPeers?: boolean
  /** A coordinator's seeds, which others of its kind ask for here. */
  bootstrap?: () => BootstrapAnswer
  /** Whether the network's operator trusts this node with what only trusted members may serve. Default: no. */
  isTrusted?: () => boolean
  /** Whether a peer may send requests, as members with the role may. Default: everybody, as in an open network. */
  mayRequest?: (peerId: PeerIdText) => boolean
  /** Whose pages may read what the public listener answers. Default: all, as a ticket is what counts there. */
  pageOrigins?: PageOrigins
}

export type ServiceApp = Hono<{ Bindings: HttpBindings }>

/**
 * The HTTP a node speaks, on each of its listeners: `POST /service/<type>`, `GET /services`, `GET /health`, and to programs
 * on this machine `GET /metrics`.
 * A request from a peer is run here or refused, never sent on, but by nodes that are there for that; one from this
 * machine, which must show the access token, is routed; one from the public listener must show a ticket and is run here.
 */
export function createServiceApp(components: ServiceAppComponents, init: ServiceAppInit): ServiceApp {
  const { origins, log } = components
  const app: ServiceApp = new Hono()

  mountPublicGuard(app, { origins }, init)
  app.get('/health', c => {
    const { incoming } = c.env
    if (isRebound(incoming.headers, origins.get(incoming.socket))) return c.json({ status: 'ok' })
    return c.json({ status: 'ok', node_id: init.selfId, version: init.version, donating: init.donating() })
  })

  const { bootstrap } = init
  if (bootstrap !== undefined) app.get('/api/dht/bootstrap', c => c.json(bootstrap()))
  app.get('/services', c => {
    authorise(c.env.incoming, origins, init.accessToken)
    const offered = init.donating() ? init.services().filter(service => service.unavailable === undefined) : []
    return c.json({
      services: offered.map(({ type, running, waiting, slots, bound, models, languages }) => ({
        type,
        running,
        waiting,
        slots,
        bound,
        ...(models === undefined ? {} : { models }),
        ...(languages === undefined ? {} : { languages: languages.installed }),
      })),
    })
  })

  app.get('/metrics', c => {
    const origin = authorise(c.env.incoming, origins, init.accessToken)
    // Whom this node asks, and how often, is no peer's business.
    if (origin.kind !== 'loopback' || init.metrics === undefined) return c.notFound()
    return c.body(init.metrics(), 200, { 'content-type': expositionType })
  })

  app.post('/service/:type', async c => {
    const { incoming, outgoing } = c.env as { incoming: IncomingMessage; outgoing: ServerResponse }
    const end = new RequestEnd(outgoing)
    try {
      const asker = await admit(incoming, c.req.param('type'), components, init)
      const request = readRequest(c.req.param('type'), { incoming, outgoing, asker, end }, components)
      const answer = await answerTo(request, asker, components, init)
      await sendAnswer(outgoing, answer.body, formatResponseHeaders(answer), request.signal)
    } catch (error) {
      sendError(incoming, outgoing, toRmaError(end.signal.aborted ? end.signal.reason : error))
    }
    return RESPONSE_ALREADY_SENT
  })

  if (components.receipts !== undefined) mountReceipts(app, { receipts: components.receipts, origins })

  app.notFound(c => {
    const error = new RmaError('NOT_FOUND', `expected POST /service/<type>, GET /services or GET /health`)
    return c.json(error.toBody(), 404)
  })

  app.onError((thrown, c) => {
    const error = toRmaError(thrown)
    if (error.code === 'INTERNAL') log.error({ err: thrown }, 'a request failed unexpectedly')
    return c.json(error.toBody(), error.status as 500)
  })

  return app
}

/**
 * Whether a web page may be asking, by a name of its own that it has made lead to this machine. It must not learn which node
 * its visitor has.
 */
function isRebound({ host }: IncomingMessage['headers'], origin: Origin | undefined): boolean {
  return origin?.kind === 'loopback' && !/^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?$/i.test(host ?? '')
}

/** Runs a request here or sends it on, as this node may. */
async function answerTo(
  request: ServiceRequest,
  { from, requester, path }: Asker,
  { local, router }: ServiceAppComponents,
  { forwardsForPeers = false, isTrusted = () => false, mayRequest = () => true }: ServiceAppInit,
): Promise<RoutedAnswer> {
  if (from === 'peer' && !mayRequest(requester)) {
    throw new RmaError(
      'FORBIDDEN',
      'expected a member with the role requester, which the operator of the network gives',
    )
  }
  if (mayForward({ from, hops: request.hops ?? 0, forwardsForPeers })) return await router.route(request)
  if (from !== 'program' && request.trustedOnly === true && !isTrusted()) {
    throw new RmaError('FORBIDDEN', 'expected a request that anybody may serve: this node is no trusted member')
  }
  return await local.run(request, path)
}

/** Whose request it is, and how it came. */
interface Asker {
  from: Arrival['from']
  /** Whose turn in the queue it takes: a page's is that of the coordinator who vouches for it. */
  requester: PeerIdText
  path: PathKind
}

/** Rejects with UNAUTHORIZED, or as the ticket is refused. */
async function admit(
  incoming: IncomingMessage,
  service: string,
  { origins, tickets }: ServiceAppComponents,
  { accessToken, selfId }: ServiceAppInit,
): Promise<Asker> {
  if (tickets !== undefined && origins.get(incoming.socket)?.kind === 'public') {
    return { from: 'page', requester: await tickets.take(bearerOf(incoming), service), path: 'tunnel' }
  }
  const origin = authorise(incoming, origins, accessToken)
  return origin.kind === 'peer'
    ? { from: 'peer', requester: origin.peerId, path: origin.path }
    : { from: 'program', requester: selfId, path: 'local' }
}

function bearerOf({ headers }: IncomingMessage): string | undefined {
  return /^Bearer (\S+)$/.exec(headers.authorization ?? '')?.[1]
}

type KnownOrigin = Exclude<Origin, { kind: 'public' }>

/** Throws UNAUTHORIZED unless the socket is a peer's, or the request shows this machine's token. */
function authorise(incoming: IncomingMessage, origins: SocketOrigins, accessToken: string): KnownOrigin {
  const origin = origins.get(incoming.socket)
  if (origin?.kind === 'peer') return origin
  const given = bearerOf(incoming)
  if (origin?.kind === 'loopback' && given !== undefined && isSameToken(given, accessToken)) return origin
  throw new RmaError(
    'UNAUTHORIZED',
    'expected the header Authorization: Bearer <token> with the token that `rma-donor token` prints',
  )
}

/** One request over HTTP, and where its answer goes. */
interface Exchange {
  incoming: IncomingMessage
  outgoing: ServerResponse
  asker: Asker
  /** Aborts what is done for it. */
  end: RequestEnd
}

function readRequest(
  type: string,
  { incoming, outgoing, asker, end }: Exchange,
  { clock }: ServiceAppComponents,
): ServiceRequest {
  const service = safeParse(serviceTypeSchema, type)
  if (!service.success) {
    throw new RmaError('UNKNOWN_SERVICE', `expected a service such as ocr, got ${JSON.stringify(type.slice(0, 80))}`)
  }
  const headers = parseRequestHeaders(incoming.headers)
  end.within(headers.deadlineMs)
  return {
    id: headers.id,
    service: service.data,
    requester: asker.requester,
    contentType: headers.contentType,
    accept: headers.accept,
    hops: headers.hops,
    trustedOnly: headers.trustedOnly,
    ...(headers.particulars === undefined ? {} : { particulars: headers.particulars }),
    body: awaitedBody(incoming, outgoing),
    ...(headers.declaredBytes === undefined ? {} : { declaredBytes: headers.declaredBytes }),
    deadlineAt: clock.now() + headers.deadlineMs,
    signal: end.signal,
  }
}
