import { z } from 'zod'
import { RmaError } from '../../../shared/errors.ts'
import { entitySchema } from '../../../shared/schema/entity.ts'
import { MiB, minute } from '../../../shared/units.ts'
import type { ServiceAnswer } from '../../service-request.ts'
import { checkedOutput } from '../checked-output.ts'
import type { EngineOutput } from '../engine-session.ts'
import type { ServiceDefinition } from '../service-definition.ts'

const partSchema = z.object({ entities: z.array(entitySchema) })
const resultSchema = z.object({ milliseconds: z.number().min(0) })

/**
 * Finds people, organisations, places, dates, sums of money and the numbers that casework goes by in a text. The body is
 * plain text in UTF-8 or JSON `{"text": "…"}`; the answer is JSON, `EntityAnswer`: entities in the order of the text, none
 * overlapping.
 */
export const nerExtraction: ServiceDefinition = {
  type: 'ner-extraction',
  accepts: ['text/plain', 'application/json'],
  maxBytes: MiB,
  maxHeldBytes: 32 * MiB,
  idempotent: true,
  engine: 'entity-engine',
  memoryMiB: 768,
  stallMs: minute,
  slots: machine => Math.max(1, Math.min(4, Math.floor(machine.cpuThreads / 2), Math.floor(machine.memoryMiB / 4_096))),
  bound: slots => 8 + 8 * slots,
  inspect: () => undefined, // What is wrong with a text shows when it is decoded, in the engine.
  answer,
}

async function answer(output: ReadableStream<EngineOutput>): Promise<ServiceAnswer> {
  const pieces: string[] = []
  for await (const { kind, value } of output) {
    if (kind === 'part') {
      pieces.push(...checkedOutput(partSchema, value).entities.map(entity => JSON.stringify(entity)))
    } else {
      checkedOutput(resultSchema, value)
      return { contentType: 'application/json', body: Buffer.from(`{"entities":[${pieces.join(',')}]}`) }
    }
  }
  throw new RmaError('ENGINE_FAILED', 'expected a result from the engine, got none', { reason: 'protocol' })
}
