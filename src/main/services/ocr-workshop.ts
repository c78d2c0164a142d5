import type { RmaError } from '../../shared/errors.ts'
import type { ServiceStatus, Unavailability } from '../../shared/schema/service.ts'
import type { LiveValue } from '../live-value.ts'
import { EnginePool, type EnginePoolInit } from './engine-pool.ts'
import type { EngineOutput, OnSettled } from './engine-session.ts'
import { type Languages, languageFiles, languageNeed } from './languages.ts'
import type { JobInput, Workshop, WorkshopComponents, WorkshopInit } from './workshop.ts'

export interface OcrWorkshopInit extends WorkshopInit {
  languages: LiveValue<Languages>
  pool: Omit<EnginePoolInit, 'size'>
}

/** Engine processes that read documents in the languages that are wanted, as far as their data is installed. */
export class OcrWorkshop implements Workshop {
  readonly #init: OcrWorkshopInit
  readonly #pool: EnginePool
  #stopWatching: () => void = () => undefined

  constructor(components: WorkshopComponents, init: OcrWorkshopInit) {
    this.#init = init
    this.#pool = new EnginePool(components, { ...init.pool, size: init.size })
  }

  get size(): number {
    return this.#pool.size
  }

  get running(): number {
    return this.#pool.running
  }

  get free(): number {
    return this.#pool.free
  }

  get pids(): number[] {
    return this.#pool.pids
  }

  get unavailable(): Unavailability | undefined {
    return languageNeed(this.#init.languages.get())
  }

  get languages(): ServiceStatus['languages'] {
    const { chosen, installed } = this.#init.languages.get()
    return { chosen: [...chosen], installed: [...installed.keys()].sort() }
  }

  start(): void {
    this.#stopWatching = this.#init.languages.subscribe(() => this.#init.onChange())
  }

  resize(size: number): void {
    this.#pool.resize(size)
  }

  async run(input: JobInput, signal: AbortSignal, onFree: OnSettled): Promise<ReadableStream<EngineOutput>> {
    let languages: JobInput['languages']
    try {
      languages = languageFiles(this.#init.languages.get(), input.particulars?.languages)
    } catch (error) {
      onFree(0)
      throw error
    }
    return await this.#pool.run({ ...input, languages }, signal, onFree)
  }

  async stop(error: RmaError): Promise<void> {
    this.#stopWatching()
    await this.#pool.stop(error)
  }
}
