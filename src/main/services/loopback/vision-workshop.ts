import type { RmaError } from '../../../shared/errors.ts'
import type { Unavailability } from '../../../shared/schema/service.ts'
import { EnginePool, type EnginePoolInit } from '../engine-pool.ts'
import type { EngineOutput, OnSettled } from '../engine-session.ts'
import type { JobInput, Workshop, WorkshopComponents, WorkshopInit } from '../workshop.ts'
import type { LlmInit } from './llm-inference.ts'
import { engineNeed, type LoopbackEngines } from './loopback-engines.ts'

export interface VisionWorkshopInit extends WorkshopInit {
  engines: LoopbackEngines
  limits: LlmInit
  pool: Omit<EnginePoolInit, 'size'>
}

/** Engine processes that turn documents into pictures and have an engine beside this node read them. */
export class VisionWorkshop implements Workshop {
  readonly #init: VisionWorkshopInit
  readonly #pool: EnginePool
  /** Jobs that wait for their turn at the engine. */
  #waiting = 0
  #stopWatching: () => void = () => undefined

  constructor(components: WorkshopComponents, init: VisionWorkshopInit) {
    this.#init = init
    this.#pool = new EnginePool(components, { ...init.pool, size: init.size })
  }

  get size(): number {
    return this.#pool.size
  }

  get running(): number {
    return this.#pool.running + this.#waiting
  }

  get free(): number {
    return Math.max(0, this.size - this.running)
  }

  get pids(): number[] {
    return this.#pool.pids
  }

  get unavailable(): Unavailability | undefined {
    return engineNeed(this.#init.engines, true)
  }

  get models(): string[] {
    return this.#init.engines.models(true)
  }

  start(): void {
    this.#stopWatching = this.#init.engines.engines.subscribe(() => this.#init.onChange())
  }

  resize(size: number): void {
    this.#pool.resize(size)
  }

  async run(input: JobInput, signal: AbortSignal, onFree: OnSettled): Promise<ReadableStream<EngineOutput>> {
    this.#waiting++
    let leave: () => void
    let helper: JobInput['helper']
    try {
      const { engine, model, gate } = this.#init.engines.choose({ sees: true, model: input.particulars?.model })
      helper = { url: engine.url, model: model.id, maxTokens: this.#init.limits.maxTokens }
      leave = await gate.enter(signal)
    } catch (error) {
      this.#waiting--
      onFree(0)
      throw error
    }
    this.#waiting--
    return await this.#pool.run({ ...input, helper }, signal, cpuMs => {
      leave()
      onFree(cpuMs)
    })
  }

  async stop(error: RmaError): Promise<void> {
    this.#stopWatching()
    await this.#pool.stop(error)
  }
}
