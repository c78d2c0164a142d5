import { request } from 'undici'
import { second } from '../../../shared/units.ts'
import type { Logger } from '../../log.ts'
import type { EnginePlace } from './engine-probe.ts'
import type { LanguageModel } from './language-model.ts'

const answerMs = 10 * second

/**
 * Models that requests of others brought into the memory of an engine, to be taken out when the owner wants their
 * graphics card back. What was in memory before is the owner's and stays. Only Ollama loads models by itself and takes them
 * out when asked; others hold what their owner started them with.
 */
export class BorrowedMemory {
  readonly #log: Logger
  readonly #borrowed = new Map<string, { url: string; model: string }>()

  constructor({ log }: { log: Logger }) {
    this.#log = log
  }

  /** How many there are. */
  get size(): number {
    return this.#borrowed.size
  }

  /** A request is about to be given to this model. */
  use({ name, url }: EnginePlace, { id: model, loaded }: LanguageModel): void {
    if (name === 'Ollama' && !loaded) this.#borrowed.set(`${url} ${model}`, { url, model })
  }

  /** Resolves when each engine has been asked to take its models out; it does so once the last request has ended. */
  async giveBack(): Promise<void> {
    const borrowed = [...this.#borrowed.values()]
    this.#borrowed.clear()
    await Promise.all(borrowed.map(each => this.#unload(each)))
  }

  /** As Ollama's API says: a request without a prompt that keeps its model for no time. */
  async #unload({ url, model }: { url: string; model: string }): Promise<void> {
    try {
      const { statusCode, body } = await request(`${url}/api/generate`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ model, keep_alive: 0 }),
        signal: AbortSignal.timeout(answerMs),
      })
      await body.dump()
      if (statusCode !== 200) throw new Error(`expected status 200, got ${statusCode}`)
      this.#log.info({ model }, 'took a model out of memory')
    } catch (error) {
      this.#log.warn({ err: error, model }, 'a model could not be taken out of memory')
    }
  }
}
