import { RmaError } from '../../../shared/errors.ts'
import type { Unavailability } from '../../../shared/schema/service.ts'
import type { UpstreamSettings } from '../../../shared/schema/service-settings.ts'
import type { Clock } from '../../clock.ts'
import type { EngineOutput, OnSettled } from '../engine-session.ts'
import { TaskPool } from '../task-pool.ts'
import type { JobInput, Workshop, WorkshopComponents, WorkshopInit } from '../workshop.ts'
import { ServerHealth } from './server-health.ts'
import { askUpstream } from './upstream-request.ts'

export interface UpstreamWorkshopInit extends WorkshopInit {
  settings: UpstreamSettings
  /** Video memory of the largest card, in MiB. */
  vramMiB: () => number
}

/** Runs jobs on a server of the donor's, as long as it says that it is well. */
export class UpstreamWorkshop implements Workshop {
  readonly pids: number[] = []
  readonly #clock: Clock
  readonly #init: UpstreamWorkshopInit
  readonly #tasks: TaskPool
  readonly #health: ServerHealth

  constructor({ clock }: WorkshopComponents, init: UpstreamWorkshopInit) {
    const { settings, size, onChange } = init
    this.#clock = clock
    this.#init = init
    this.#tasks = new TaskPool(size)
    this.#health = new ServerHealth({ clock }, { url: new URL(settings.health, settings.url), onChange })
  }

  get size(): number {
    return this.#tasks.size
  }

  get running(): number {
    return this.#tasks.running
  }

  get free(): number {
    return this.#tasks.free
  }

  get unavailable(): Unavailability | undefined {
    const neededVramMiB = this.#init.settings.needs.vramMiB
    const foundVramMiB = this.#init.vramMiB()
    if (foundVramMiB < neededVramMiB) return { kind: 'needs-gpu', neededVramMiB, foundVramMiB }
    const { problem } = this.#health
    return problem === undefined ? undefined : { kind: 'unhealthy', message: problem, url: this.#init.settings.url }
  }

  start(): void {
    this.#health.start()
  }

  resize(size: number): void {
    this.#tasks.size = size
  }

  async run(input: JobInput, signal: AbortSignal, onFree: OnSettled): Promise<ReadableStream<EngineOutput>> {
    return this.#tasks.run(both => this.#ask(input, both), signal, onFree)
  }

  async stop(error: RmaError): Promise<void> {
    this.#health.stop()
    await this.#tasks.stop(error)
  }

  /** A server that fails a job is asked how it is. */
  async *#ask(input: JobInput, signal: AbortSignal): AsyncGenerator<EngineOutput, void, void> {
    try {
      yield* askUpstream(this.#init.settings, input, { clock: this.#clock, signal })
    } catch (error) {
      if (error instanceof RmaError && error.code === 'ENGINE_FAILED') void this.#health.ask()
      throw error
    }
  }
}
