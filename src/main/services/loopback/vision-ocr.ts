import { MiB, minute } from '../../../shared/units.ts'
import { answerPages, documentTypes, inspectDocument } from '../ocr.ts'
import type { ServiceDefinition } from '../service-definition.ts'
import type { LlmInit } from './llm-inference.ts'
import type { LoopbackEngines } from './loopback-engines.ts'
import { VisionWorkshop } from './vision-workshop.ts'

const memoryMiB = 1_024
const stallMs = 10 * minute

/**
 * Reads documents as `ocr` does, with a vision model of an engine beside this node: better with handwriting and poor
 * scans, slower, and without words' places; the confidence is 0, for models tell none.
 */
export function visionOcr(engines: LoopbackEngines, limits: LlmInit): ServiceDefinition {
  return {
    type: 'vision-ocr',
    accepts: documentTypes,
    maxBytes: 25 * MiB,
    maxHeldBytes: 256 * MiB,
    idempotent: true,
    usesGpu: true,
    languageEngine: true,
    borrows: () => engines.borrows,
    engine: (components, init) =>
      new VisionWorkshop(components, {
        ...init,
        engines,
        limits,
        pool: { entry: 'vision-engine', memoryMiB, stallMs },
      }),
    memoryMiB,
    stallMs,
    slots: () => 1,
    bound: slots => 4 + 4 * slots,
    inspect(input) {
      inspectDocument(input)
      engines.check({ sees: true, model: input.particulars?.model })
    },
    answer: answerPages,
  }
}
