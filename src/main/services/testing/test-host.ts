import { pino } from 'pino'
import { onTestFinished } from 'vitest'
import { RmaError } from '../../../shared/errors.ts'
import { MiB, minute, second } from '../../../shared/units.ts'
import { systemClock } from '../../clock.ts'
import type { Logger } from '../../log.ts'
import type { ServiceAnswer, ServiceRequest } from '../../service-request.ts'
import type { EngineEntries } from '../engine-launcher.ts'
import { createForkLauncher } from '../fork-launcher.ts'
import type { ServiceDefinition } from '../service-definition.ts'
import { ServiceHost, type ServiceHostInit } from '../service-host.ts'
import type { Order } from './obedient-engine.ts'

export const testEntries: EngineEntries = { folder: new URL('.', import.meta.url), extension: '.ts' }

/** A service whose documents are orders to its engine. */
export const obedience: ServiceDefinition = {
  type: 'obedience',
  accepts: ['text/plain'],
  maxBytes: MiB,
  maxHeldBytes: 2 * MiB,
  idempotent: true,
  engine: 'obedient-engine',
  memoryMiB: 256,
  stallMs: 20 * second,
  slots: () => 1,
  bound: () => 4,
  inspect({ bytes }) {
    if (bytes[0] !== 0x7b) throw new RmaError('BAD_INPUT', 'expected an order in JSON')
  },
  async answer(output) {
    const values: unknown[] = []
    for await (const { value } of output) values.push(value)
    return { contentType: 'application/json', body: Buffer.from(JSON.stringify(values)) }
  },
}

export function testHost(init: Partial<ServiceHostInit> & { log?: Logger; entries?: EngineEntries } = {}): ServiceHost {
  const { log = pino({ level: 'silent' }), entries = testEntries, ...rest } = init
  const host = new ServiceHost(
    { launch: createForkLauncher({ entries, log }), clock: systemClock, log },
    {
      machine: { cpuThreads: 2, memoryMiB: 8_192 },
      services: { obedience: { enabled: true }, ocr: { enabled: true } },
      definitions: [obedience],
      ...rest,
    },
  )
  host.start()
  host.setAccepting('everybody')
  return host
}

/** As `testHost`, for the test that runs: it is stopped with it. */
export function hostWith(init: Parameters<typeof testHost>[0] = {}): ServiceHost {
  const host = testHost(init)
  onTestFinished(() => host.stop())
  return host
}

/** Of the first service. */
export const statusOf = (host: ServiceHost) => host.status.get()[0]

let requests = 0

/** A request that anybody might send; `fields` make it a particular one. */
export function requestFor(body: Uint8Array | string, fields: Partial<ServiceRequest> = {}): ServiceRequest {
  return {
    id: `request-${++requests}`,
    service: 'obedience',
    requester: '12D3KooWRequester',
    contentType: 'text/plain',
    accept: '',
    body: chunksOf(typeof body === 'string' ? Buffer.from(body) : body),
    deadlineAt: Date.now() + 30 * second,
    signal: new AbortController().signal,
    ...fields,
  }
}

export function orderFor(order: Order, fields: Partial<ServiceRequest> = {}): ServiceRequest {
  return requestFor(JSON.stringify(order), fields)
}

/** A body that comes in pieces, as over a network. */
export async function* chunksOf(bytes: Uint8Array, size = 65_536): AsyncGenerator<Uint8Array, void, void> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size)
}

export async function textOf(answer: ServiceAnswer): Promise<string> {
  let text = ''
  for await (const piece of piecesOf(answer)) text += piece
  return text
}

/** The pieces of an answer as they come, as text. */
export async function* piecesOf({ body }: ServiceAnswer): AsyncGenerator<string, void, void> {
  if (body instanceof Uint8Array) yield Buffer.from(body).toString()
  else for await (const chunk of body) yield Buffer.from(chunk).toString()
}

/** The error a promise rejects with, which must be an RmaError. */
export async function failureOf(promise: Promise<unknown>): Promise<RmaError> {
  const outcome = await promise.then(
    () => new Error('expected a failure, got an answer'),
    (error: unknown) => error,
  )
  if (outcome instanceof RmaError) return outcome
  throw outcome
}

/** A host's init whose one service has these fields. */
export const definedAs = (fields: Partial<typeof obedience>) => ({ definitions: [{ ...obedience, ...fields }] })

/** Does what the order says and returns what the engine put out. */
export async function obey(host: ServiceHost, order: Order, fields: Partial<ServiceRequest> = {}): Promise<unknown> {
  return JSON.parse(await textOf(await host.run(orderFor(order, fields))))
}

/** Starts a job that holds its engine until the host stops or the job is cancelled; resolves once it runs. */
export async function occupy(host: ServiceHost, fields: Partial<ServiceRequest> = {}) {
  const started = Promise.withResolvers<void>()
  const cancel = new AbortController()
  const outcome = failureOf(
    host.run(orderFor({ do: 'wait', ms: minute }, { onStarted: started.resolve, signal: cancel.signal, ...fields })),
  )
  await started.promise
  return { outcome, cancel: () => cancel.abort() }
}
