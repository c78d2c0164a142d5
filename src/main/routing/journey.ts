import { RmaError } from '../../shared/errors.ts'
import { isPlatformService, type PeerIdText } from '../../shared/schema/primitives.ts'
import type { WorkerView } from '../../shared/schema/worker.ts'
import type { Milliseconds } from '../../shared/units.ts'
import type { JobHandle } from '../ledger/job-log.ts'
import type { ServiceRequest } from '../service-request.ts'
import type { RequestBody } from './request-body.ts'
import type { Unfit } from './selection.ts'

/** Workers that are asked for one request at most. */
export const mostWorkers = 3

/** Where a request is tried, in this order. */
export type RouteStep = 'local' | 'cache' | 'dht' | 'coordinator'

/** One that was asked in vain, or could not be asked. */
export interface Attempt {
  step: RouteStep
  worker: PeerIdText | 'self' | 'coordinator'
  code: string
  message: string
}

/** One request on its way: what has been tried and what is left. */
export interface Journey {
  request: ServiceRequest
  body: RequestBody
  job: JobHandle
  tried: Attempt[]
  /** Workers that have been asked, those that have not answered yet among them. */
  readonly asked: Set<PeerIdText>
  /** What the last lookup named. */
  known: WorkerView[]
}

/** Workers that are known and were not asked. */
export interface PassedOver {
  reasons: Map<Unfit, number>
  /** How long until the first of those that asked for rest may be asked again. */
  retryAfterMs?: Milliseconds
}

/** The error of a request that nobody took: NO_WORKER, or UNKNOWN_SERVICE for one that nobody has heard of. */
export function nobodyTook({ request, tried, asked }: Journey, { reasons, retryAfterMs }: PassedOver): RmaError {
  const { service } = request
  const known = asked.size + reasons.size > 0 || tried.some(({ step }) => step === 'local')
  if (!known && !isPlatformService(service)) {
    return new RmaError('UNKNOWN_SERVICE', `nobody in this network offers ${service}`, { service, tried })
  }
  const others = [...reasons].map(([reason, count]) => `${count} ${reason}`)
  const why = [
    ...(known ? [] : ['no other node announces it now']),
    ...tried.map(({ worker, message }) => `${shortName(worker)}: ${message}`),
    ...(others.length === 0 ? [] : [`not asked: ${others.join(', ')}`]),
  ]
  return new RmaError('NO_WORKER', `no worker could take the ${service} request: ${why.join('; ')}`, {
    service,
    tried,
    ...(others.length === 0 ? {} : { passedOver: Object.fromEntries(reasons) }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  })
}

function shortName(worker: Attempt['worker']): string {
  if (worker === 'self') return 'this node'
  return worker === 'coordinator' ? worker : worker.slice(-8)
}
