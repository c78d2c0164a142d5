import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { RmaError } from '../../shared/errors.ts'
import { isParticular } from '../../shared/particulars.ts'
import { safeParse } from '../../shared/safe-parse.ts'
import {
  languageCodeSchema,
  modelNameSchema,
  mostLanguages,
  type PathKind,
  type PeerIdText,
  peerIdSchema,
  requestIdSchema,
} from '../../shared/schema/primitives.ts'
import type { Particulars } from '../../shared/schema/worker.ts'
import { type Milliseconds, minute } from '../../shared/units.ts'

export const defaultDeadlineMs = 2 * minute
export const longestDeadlineMs = 30 * minute
/** Nodes that may pass a request on: the requester's own and a coordinator. */
export const mostHops = 2

export type HeaderValues = Record<string, string | string[] | undefined>

const requestHeadersSchema = z.object({
  'x-rma-request-id': requestIdSchema.optional(),
  'x-rma-deadline-ms': z
    .string()
    .regex(/^\d{1,9}$/, 'expected a number of milliseconds')
    .transform(Number)
    .refine(ms => ms > 0 && ms <= longestDeadlineMs, `expected 1 to ${longestDeadlineMs} milliseconds`)
    .optional(),
  'x-rma-hops': z.string().regex(/^\d$/, 'expected a digit').transform(Number).optional(),
  'x-rma-trusted': z
    .enum(['0', '1'], 'expected 0 or 1')
    .transform(value => value === '1')
    .optional(),
  'x-rma-model': modelNameSchema.optional(),
  'x-rma-languages': z
    .string()
    .transform(list => list.split(',').map(code => code.trim()))
    .pipe(z.array(languageCodeSchema).min(1).max(mostLanguages))
    .optional(),
  'content-type': z.string().max(256).optional(),
  accept: z.string().max(1_024).optional(),
  'content-length': z
    .string()
    .regex(/^\d{1,15}$/, 'expected a number of bytes')
    .transform(Number)
    .optional(),
})

/** What the headers of `POST /service/<type>` say; the deadline is the time left, so clocks need not agree. */
export interface RequestHeaders {
  id: string
  deadlineMs: Milliseconds
  /** How many nodes have passed it on. */
  hops: number
  /** Only a member that the network's operator trusts may serve it. */
  trustedOnly: boolean
  /** What whoever serves it must have. Default: the service alone. */
  particulars?: Particulars
  contentType: string
  accept: string
  declaredBytes?: number
}

/** Throws BAD_HEADER naming the header, what it takes and what came; TOO_MANY_HOPS for one that goes in circles. */
export function parseRequestHeaders(values: HeaderValues): RequestHeaders {
  const parsed = safeParse(requestHeadersSchema, values)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    const header = String(issue?.path[0])
    const came = String(values[header]).slice(0, 80)
    throw new RmaError('BAD_HEADER', `${header}: ${issue?.message}, got ${JSON.stringify(came)}`, { header })
  }
  const headers = parsed.data
  const hops = headers['x-rma-hops'] ?? 0
  if (hops > mostHops) {
    throw new RmaError('TOO_MANY_HOPS', `x-rma-hops: expected at most ${mostHops} nodes to pass it on, got ${hops}`)
  }
  const declaredBytes = headers['content-length']
  const { 'x-rma-model': model, 'x-rma-languages': languages } = headers
  const particulars = { ...(model === undefined ? {} : { model }), ...(languages === undefined ? {} : { languages }) }
  return {
    id: headers['x-rma-request-id'] ?? randomBytes(12).toString('base64url'),
    deadlineMs: headers['x-rma-deadline-ms'] ?? defaultDeadlineMs,
    hops,
    trustedOnly: headers['x-rma-trusted'] ?? false,
    ...(isParticular(particulars) ? { particulars } : {}),
    contentType: headers['content-type'] ?? '',
    accept: headers.accept ?? '',
    ...(declaredBytes === undefined ? {} : { declaredBytes }),
  }
}

export function formatRequestHeaders(request: RequestHeaders): Record<string, string> {
  const { model, languages } = request.particulars ?? {}
  return {
    'x-rma-request-id': request.id,
    'x-rma-deadline-ms': String(Math.max(1, Math.floor(request.deadlineMs))),
    'x-rma-hops': String(request.hops),
    ...(request.trustedOnly ? { 'x-rma-trusted': '1' } : {}),
    ...(model === undefined ? {} : { 'x-rma-model': model }),
    ...(languages === undefined ? {} : { 'x-rma-languages': languages.join(',') }),
    ...(request.contentType === '' ? {} : { 'content-type': request.contentType }),
    ...(request.accept === '' ? {} : { accept: request.accept }),
  }
}

const count = z
  .string()
  .regex(/^\d{1,6}$/)
  .transform(Number)

const responseHeadersSchema = z.object({
  'x-rma-worker': peerIdSchema.optional(),
  'x-rma-load': z.coerce.number().min(0).max(1).optional(),
  'x-rma-queue': count.optional(),
  'content-type': z.string().max(256).optional(),
})

/** What a worker's response says besides its body. `queue`: requests waiting there. */
export interface ResponseHeaders {
  worker: PeerIdText
  path: PathKind
  load: number
  queue: number
  contentType: string
}

/** Reads what a worker claims; throws WORKER_MISBEHAVED when it is not of the agreed form. */
export function parseResponseHeaders(values: HeaderValues): Partial<ResponseHeaders> {
  const parsed = safeParse(responseHeadersSchema, values)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    throw new RmaError('WORKER_MISBEHAVED', `the worker sent a bad ${String(issue?.path[0])} header: ${issue?.message}`)
  }
  const headers = parsed.data
  return {
    ...(headers['x-rma-worker'] === undefined ? {} : { worker: headers['x-rma-worker'] }),
    ...(headers['x-rma-load'] === undefined ? {} : { load: headers['x-rma-load'] }),
    ...(headers['x-rma-queue'] === undefined ? {} : { queue: headers['x-rma-queue'] }),
    contentType: headers['content-type'] ?? 'application/octet-stream',
  }
}

export function formatResponseHeaders(response: ResponseHeaders): Record<string, string> {
  return {
    'content-type': response.contentType,
    'x-rma-worker': response.worker,
    'x-rma-load': response.load.toFixed(3),
    'x-rma-queue': String(response.queue),
    'x-rma-path': response.path,
  }
}
