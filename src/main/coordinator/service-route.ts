import type { IncomingMessage, ServerResponse } from 'node:http'
import { RmaError, toRmaError } from '../../shared/errors.ts'
import { safeParse } from '../../shared/safe-parse.ts'
import { type PeerIdText, type ServiceType, serviceTypeSchema } from '../../shared/schema/primitives.ts'
import type { Clock } from '../clock.ts'
import { sendAnswer, sendError } from '../http/answer.ts'
import { RequestEnd } from '../http/request-end.ts'
import { formatResponseHeaders, parseRequestHeaders } from '../routing/headers.ts'
import type { RoutedAnswer } from '../routing/routed-answer.ts'
import type { ServiceRequest } from '../service-request.ts'
import type { ApiAccess } from './api-access.ts'
import type { Drain } from './drain.ts'

export interface ServiceRouteComponents {
  router: { route(request: ServiceRequest): Promise<RoutedAnswer> }
  access: Pick<ApiAccess, 'admit'>
  drain: Drain
  clock: Clock
}

/**
 * Sends requests of clients without a node to workers, body and answer as they come. What is held of them is what the
 * router holds for a second try.
 */
export class ServiceRoute {
  readonly #parts: ServiceRouteComponents
  readonly #selfId: PeerIdText

  constructor(components: ServiceRouteComponents, { selfId }: { selfId: PeerIdText }) {
    this.#parts = components
    this.#selfId = selfId
  }

  /** Answers the request, with the worker's answer or an error of its own. */
  async serve(type: string, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { drain, access, router } = this.#parts
    const end = new RequestEnd(outgoing)
    const leave: (() => void)[] = []
    try {
      leave.push(drain.enter())
      leave.push(access.admit(incoming))
      const request = this.#read(type, incoming, end)
      const answer = await router.route(request)
      await sendAnswer(outgoing, answer.body, formatResponseHeaders(answer), request.signal)
    } catch (error) {
      sendError(incoming, outgoing, toRmaError(end.signal.aborted ? end.signal.reason : error))
    } finally {
      for (const done of leave) done()
    }
  }

  #read(type: string, incoming: IncomingMessage, end: RequestEnd): ServiceRequest {
    const service = parseService(type)
    const headers = parseRequestHeaders(incoming.headers)
    end.within(headers.deadlineMs)
    return {
      id: headers.id,
      service,
      requester: this.#selfId,
      contentType: headers.contentType,
      accept: headers.accept,
      hops: headers.hops,
      trustedOnly: headers.trustedOnly,
      ...(headers.particulars === undefined ? {} : { particulars: headers.particulars }),
      body: incoming.iterator({ destroyOnReturn: false }),
      ...(headers.declaredBytes === undefined ? {} : { declaredBytes: headers.declaredBytes }),
      deadlineAt: this.#parts.clock.now() + headers.deadlineMs,
      signal: end.signal,
    }
  }
}

/** Throws UNKNOWN_SERVICE. */
export function parseService(type: string): ServiceType {
  const service = safeParse(serviceTypeSchema, type)
  if (service.success) return service.data
  throw new RmaError('UNKNOWN_SERVICE', `expected a service such as ocr, got ${JSON.stringify(type.slice(0, 80))}`)
}
