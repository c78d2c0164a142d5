import { z } from 'zod'
import { RmaError } from '../../../shared/errors.ts'
import type { ServiceType } from '../../../shared/schema/primitives.ts'
import type { UpstreamSettings } from '../../../shared/schema/service-settings.ts'
import { second } from '../../../shared/units.ts'
import type { ServiceAnswer } from '../../service-request.ts'
import { checkedOutput } from '../checked-output.ts'
import type { EngineOutput } from '../engine-session.ts'
import type { ServiceDefinition } from '../service-definition.ts'
import { UpstreamWorkshop } from './upstream-workshop.ts'

const headSchema = z.object({ contentType: z.string() })
const chunkSchema = z.instanceof(Uint8Array)

/** A service done by a server of the donor's: what comes is passed on to it, what it answers is passed back, as they come. */
export function upstream(
  type: ServiceType,
  settings: UpstreamSettings,
  { vramMiB }: { vramMiB: () => number },
): ServiceDefinition {
  return {
    type,
    accepts: settings.accepts ?? '*',
    maxBytes: settings.maxBytes,
    maxHeldBytes: 0,
    idempotent: settings.idempotent,
    usesGpu: settings.needs.vramMiB > 0,
    vramMiB: settings.needs.vramMiB,
    streamed: true,
    elsewhere: true,
    engine: (components, init) => new UpstreamWorkshop(components, { ...init, settings, vramMiB }),
    memoryMiB: settings.needs.memoryMiB,
    stallMs: settings.stallSeconds * second,
    slots: () => 1,
    bound: slots => 4 + 4 * slots,
    inspect: () => undefined, // The server judges.
    answer,
  }
}

async function answer(output: ReadableStream<EngineOutput>): Promise<ServiceAnswer> {
  const parts = output[Symbol.asyncIterator]()
  const head = await parts.next()
  if (head.done) throw new RmaError('ENGINE_FAILED', 'the server gave no answer', { reason: 'protocol' })
  return { contentType: checkedOutput(headSchema, head.value.value).contentType, body: chunks(parts) }
}

async function* chunks(parts: AsyncIterator<EngineOutput>): AsyncGenerator<Uint8Array, void, void> {
  try {
    for (let next = await parts.next(); !next.done; next = await parts.next())
      yield checkedOutput(chunkSchema, next.value.value)
  } finally {
    await parts.return?.()
  }
}
