import type { ServiceType } from '../../shared/schema/primitives.ts'
import type { Milliseconds } from '../../shared/units.ts'
import type { ServiceAnswer } from '../service-request.ts'
import type { EngineInput } from './engine-protocol.ts'
import type { EngineOutput } from './engine-session.ts'
import type { OpenWorkshop } from './workshop.ts'

/** What a service's needs are held against. */
export interface Machine {
  cpuThreads: number
  memoryMiB: number
}

/** A service as this node offers it: limits, and how an engine's output becomes an answer. */
export interface ServiceDefinition {
  type: ServiceType
  /** Media types of bodies, in lower case; `*`: any. */
  accepts: readonly string[] | '*'
  /** Largest body. */
  maxBytes: number
  /** Bytes of bodies held at once, of all requests that wait or run: further ones are told that this node is busy. */
  maxHeldBytes: number
  /** Whether running a request twice does no harm. */
  idempotent: boolean
  /** Jobs run on a graphics card; missing: on the processor alone. */
  usesGpu?: boolean
  /** Bodies go to the workshop as they come, without being held or inspected. */
  streamed?: boolean
  /**
   * The work is done by a server that is not ours: what bounds the node's own processes, their number and their memory, does
   * not count its jobs. Its slots do.
   */
  elsewhere?: boolean
  /** Name of the entry of engine processes, or what else jobs run on. */
  engine: string | OpenWorkshop
  /** Memory of a card that it takes, in MiB; missing: it works without one. */
  vramMiB?: number
  /** What it runs on is a language engine beside the node. */
  languageEngine?: boolean
  /** Whether that holds memory for requests of others. */
  borrows?: () => boolean
  /** Memory one job may take, and the limit of its process. */
  memoryMiB: number
  /** How long a job may run without producing anything. */
  stallMs: Milliseconds
  /** Jobs at once on a machine that leaves the choice to us. */
  slots(machine: Machine): number
  /** Jobs that may wait. */
  bound(slots: number): number
  /**
   * Judges a body by what is quick to see, before it waits for an engine.
   *
   * @throws RmaError UNSUPPORTED_TYPE, TOO_LARGE or BAD_INPUT
   */
  inspect(input: EngineInput): void
  /**
   * Makes the answer. May resolve before the engine is done, with a body that goes on as the engine does; until the first
   * part is there an error can still become a status.
   *
   * @throws RmaError as the engine failed, or ENGINE_FAILED for output that is none of the service's
   */
  answer(output: ReadableStream<EngineOutput>, context: AnswerContext): Promise<ServiceAnswer>
}

export interface AnswerContext {
  /** The request's Accept header. */
  accept: string
  /** What was asked; without bytes where the body is streamed. */
  input: EngineInput
  /** Page `done` of `total` is finished. */
  onPage(done: number, total: number): void
}
