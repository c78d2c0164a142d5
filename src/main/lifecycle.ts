/** A part of the node that runs. `start` may be called again after `stop`. */
export interface Startable {
  start(): Promise<void> | void
  stop(): Promise<void> | void
}

interface NamedPart {
  name: string
  part: Startable
}

/**
 * Starts parts in the order they were added and stops those that started in reverse. When one fails to start, the ones
 * before it are stopped again and the failure is thrown. Stopping goes on past a failure and reports all at the end.
 */
export class Lifecycle {
  readonly #parts: NamedPart[] = []
  #started: NamedPart[] = []

  add<T extends Startable>(name: string, part: T): T {
    this.#parts.push({ name, part })
    return part
  }

  async start(): Promise<void> {
    try {
      for (const entry of this.#parts) {
        await entry.part.start()
        this.#started.push(entry)
      }
    } catch (error) {
      await this.stop().catch(stopError => {
        throw new AggregateError([error, stopError], 'the start failed, and so did stopping what had started')
      })
      throw error
    }
  }

  async stop(): Promise<void> {
    const started = this.#started.reverse()
    this.#started = []
    const failures: unknown[] = []
    for (const { name, part } of started) {
      try {
        await part.stop()
      } catch (cause) {
        failures.push(new Error(`${name} did not stop cleanly`, { cause }))
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, 'some parts did not stop cleanly')
  }
}
