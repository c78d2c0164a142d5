import { z } from 'zod'
import type { Particulars } from '../../shared/schema/worker.ts'
import type { LanguageFile } from './language-files.ts'

/** What a job hands its engine. Bytes are the body as it was sent. */
export interface EngineInput {
  contentType: string
  /** The request's Accept header. */
  accept: string
  bytes: Uint8Array
  /** What of the service's choices the request wants. */
  particulars?: Particulars
  /** Whom else to ask, for engines that do: chosen by the node, never by the request. */
  helper?: { url: string; model: string; maxTokens: number }
  /** Data of the languages to read in, the first counts most: chosen by the node, never by the request. */
  languages?: readonly LanguageFile[]
}

/** Node → engine process. */
export type EngineCommand =
  | {
      kind: 'start'
      /** The process ends itself when its resident memory passes this. */
      memoryMiB: number
    }
  | { kind: 'run'; job: number; input: EngineInput }

/** Codes an engine may end a job with when the fault is the document's, not the engine's. */
const documentFaultSchema = z.enum(['BAD_INPUT', 'UNSUPPORTED_TYPE', 'TOO_LARGE'])
export type DocumentFault = z.infer<typeof documentFaultSchema>

/** Processor time of all the engine's threads that a job took. */
const cpuMsSchema = z.number().min(0).default(0)

/**
 * Engine process → node. Engines read strangers' documents with native code, so the node trusts nothing they send
 * before it has passed this schema. `part` and `result` are checked again by the service they belong to.
 */
export const engineReportSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ready') }),
  z.object({ kind: z.literal('part'), job: z.number().int(), part: z.unknown() }),
  z.object({ kind: z.literal('done'), job: z.number().int(), result: z.unknown(), cpuMs: cpuMsSchema }),
  z.object({
    kind: z.literal('refused'),
    job: z.number().int(),
    cpuMs: cpuMsSchema,
    code: documentFaultSchema,
    message: z.string().max(300),
    details: z.record(z.string(), z.union([z.number(), z.string().max(100)])),
  }),
  /** The engine threw: class of the error and stack frames, never its message, which may quote a document. */
  z.object({
    kind: z.literal('threw'),
    job: z.number().int().optional(),
    error: z.string().max(100),
    frames: z.array(z.string().max(300)).max(10),
  }),
])
export type EngineReport = z.input<typeof engineReportSchema>
