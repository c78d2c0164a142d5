import { z } from 'zod'
import { RmaError } from '../../shared/errors.ts'
import { lacking, offeredBy } from '../../shared/particulars.ts'
import { safeParse } from '../../shared/safe-parse.ts'
import { isPlatformService, type PeerIdText } from '../../shared/schema/primitives.ts'
import type { WorkerView } from '../../shared/schema/worker.ts'
import type { Milliseconds } from '../../shared/units.ts'
import type { JobHandle } from '../ledger/job-log.ts'
import type { ServiceRequest } from '../service-request.ts'
import type { RequestBody } from './request-body.ts'
import type { Unfit } from './selection.ts'

/** Workers that are asked for one request at most. */
const mostWorkers = 3
/** Those who could not be reached, and cost next to no time, count less; of these, and those asked, so many at most. */
const mostChosen = 12

/** Where a request is tried, in this order. */
export type RouteStep = 'local' | 'cache' | 'dht' | 'coordinator'

/** One that was asked in vain, or could not be asked. */
export interface Attempt {
  step: RouteStep
  worker: PeerIdText | 'self' | 'coordinator'
  code: string
  message: string
  /** What it has of what it was asked for, where it lacked that. */
  offered?: string[]
}

/** One request on its way: what has been tried and what is left. */
export interface Journey {
  request: ServiceRequest
  body: RequestBody
  job: JobHandle
  tried: Attempt[]
  /** Workers that have been asked, those that have not answered yet among them. */
  readonly asked: Set<PeerIdText>
  /** Of these, those who cost next to no time: no way to them could be tried now, or whoever is there refused at once. */
  readonly unreached: Set<PeerIdText>
  /** Those whose connection broke while they might have been at it; they may be well. */
  readonly brokenOff: WorkerView[]
  /** What the last lookup named. */
  known: WorkerView[]
}

/** How many more workers may be asked. */
export function asksLeft({ asked, unreached }: Pick<Journey, 'asked' | 'unreached'>): number {
  return Math.max(0, Math.min(mostWorkers - (asked.size - unreached.size), mostChosen - asked.size))
}

/** Workers that are known and were not asked. */
export interface PassedOver {
  reasons: Map<Unfit, number>
  /** How long until the first of those that asked for rest may be asked again. */
  retryAfterMs?: Milliseconds
}

const offeredSchema = z.array(z.string().max(200)).max(64)

/** What came of asking somebody in vain; what a worker says it has is its claim, of any type. */
export function attempt(step: RouteStep, worker: Attempt['worker'], { code, message, details }: RmaError): Attempt {
  const offered = safeParse(offeredSchema, details.offered).data
  return { step, worker, code, message, ...(offered === undefined ? {} : { offered }) }
}

/** That nobody has what a request chose: in words, and the names of what there is instead. */
interface Lack {
  what: string
  details: Record<string, unknown>
}

/** The error of a request that nobody took: NO_WORKER, or UNKNOWN_SERVICE for one that nobody has heard of. */
export function nobodyTook(journey: Journey, { reasons, retryAfterMs }: PassedOver): RmaError {
  const { request, tried, asked } = journey
  const { service } = request
  const known = asked.size + reasons.size > 0 || tried.some(({ step }) => step === 'local')
  if (!known && !isPlatformService(service)) {
    return new RmaError('UNKNOWN_SERVICE', `nobody in this network offers ${service}`, { service, tried })
  }
  const others = [...reasons].map(([reason, count]) => `${count} ${reason}`)
  const lack = lackOf(journey)
  const why = [
    ...(lack !== undefined || known ? [] : ['no other node announces it now']),
    ...tried.map(({ worker, message }) => `${shortName(worker)}: ${message}`),
    ...(others.length === 0 ? [] : [`not asked: ${others.join(', ')}`]),
  ]
  const what = lack?.what ?? `no worker could take the ${service} request: `
  return new RmaError('NO_WORKER', `${what}${why.join('; ')}`, {
    service,
    tried,
    ...lack?.details,
    ...(others.length === 0 ? {} : { passedOver: Object.fromEntries(reasons) }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  })
}

/** Undefined where somebody has what the request chose, or may have it, or it chose nothing. */
function lackOf({ request: { service, particulars = {} }, known, tried }: Journey): Lack | undefined {
  const workers = known.map(({ record }) => record)
  const [missing] = [
    ...workers.map(({ choices }) => lacking(choices, service, particulars)),
    ...tried.filter(({ worker }) => worker !== 'coordinator').map(({ code }) => lackedBy[code]),
  ].sort((a, b) => Number(a !== undefined) - Number(b !== undefined))
  if (missing === undefined) return undefined
  const offered = [...new Set([...offeredBy(workers, service, missing), ...tried.flatMap(each => each.offered ?? [])])]
  const { model, languages = [] } = particulars
  const wanted = missing === 'model' ? `model ${model}` : languages.join(' and ')
  return {
    what: `no worker offers ${wanted}; offered: ${offered.join(', ') || 'none'}; `,
    details: { ...(missing === 'model' ? { model } : { languages }), offered },
  }
}

/** What a worker said that it lacks. */
const lackedBy: Record<string, 'model' | 'languages' | undefined> = {
  UNKNOWN_MODEL: 'model',
  UNKNOWN_LANGUAGE: 'languages',
}

function shortName(worker: Attempt['worker']): string {
  if (worker === 'self') return 'this node'
  return worker === 'coordinator' ? worker : worker.slice(-8)
}
