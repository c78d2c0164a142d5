import { RmaError } from '../../../shared/errors.ts'
import type { Unavailability } from '../../../shared/schema/service.ts'
import type { EngineOutput, OnSettled } from '../engine-session.ts'
import { TaskPool } from '../task-pool.ts'
import type { JobInput, Workshop, WorkshopComponents, WorkshopInit } from '../workshop.ts'
import { engineNeed, type LoopbackEngines } from './loopback-engines.ts'

export interface LoopbackWorkshopInit extends WorkshopInit {
  engines: LoopbackEngines
  /** The jobs need a model that reads pictures. */
  sees: boolean
  task(input: JobInput, signal: AbortSignal): AsyncGenerator<EngineOutput, void, void>
}

/** Runs jobs on the language engines beside this node, no more than they handle at once. */
export class LoopbackWorkshop implements Workshop {
  readonly pids: number[] = []
  readonly #init: LoopbackWorkshopInit
  readonly #tasks: TaskPool
  #stopWatching: () => void = () => undefined

  constructor(_: WorkshopComponents, init: LoopbackWorkshopInit) {
    this.#init = init
    this.#tasks = new TaskPool(init.size)
  }

  get size(): number {
    const { engines, sees } = this.#init
    return Math.min(this.#tasks.size, Math.max(1, engines.slots(sees)))
  }

  get running(): number {
    return this.#tasks.running
  }

  get free(): number {
    return Math.max(0, this.size - this.running)
  }

  get unavailable(): Unavailability | undefined {
    return engineNeed(this.#init.engines, this.#init.sees)
  }

  get models(): string[] {
    return this.#init.engines.models(this.#init.sees)
  }

  start(): void {
    this.#stopWatching = this.#init.engines.engines.subscribe(() => this.#init.onChange())
  }

  resize(size: number): void {
    this.#tasks.size = size
    if (size === 0) void this.#init.engines.giveMemoryBack()
  }

  async run(input: JobInput, signal: AbortSignal, onFree: OnSettled): Promise<ReadableStream<EngineOutput>> {
    return this.#tasks.run(both => this.#watched(this.#init.task(input, both)), signal, onFree)
  }

  async stop(error: RmaError): Promise<void> {
    this.#stopWatching()
    await this.#tasks.stop(error)
  }

  /** An engine that fails a job may be gone: it is looked for. */
  async *#watched(output: AsyncGenerator<EngineOutput, void, void>): AsyncGenerator<EngineOutput, void, void> {
    try {
      yield* output
    } catch (error) {
      if (error instanceof RmaError && error.code === 'ENGINE_FAILED') this.#init.engines.doubt()
      throw error
    }
  }
}
