import { RmaError } from '../../shared/errors.ts'
import type { EngineOutput, OnSettled } from './engine-session.ts'

/** A job done by asking somebody: it yields parts and a result, and stops when the signal aborts. */
export type Task = (signal: AbortSignal) => AsyncGenerator<EngineOutput, void, void>

/** Counts the tasks that run, and ends them. What each yields is taken no faster than it is read. */
export class TaskPool {
  size: number
  readonly #running = new Map<AbortController, Promise<void>>()

  constructor(size: number) {
    this.size = size
  }

  get running(): number {
    return this.#running.size
  }

  get free(): number {
    return Math.max(0, this.size - this.#running.size)
  }

  /** Starts a task; `onFree` is called once when it is over. Cancelling the stream ends it. */
  run(task: Task, signal: AbortSignal, onFree: OnSettled): ReadableStream<EngineOutput> {
    const abort = new AbortController()
    const over = Promise.withResolvers<void>()
    const both = AbortSignal.any([signal, abort.signal])
    const output = task(both)
    const settle = () => {
      if (!this.#running.delete(abort)) return
      over.resolve()
      onFree(0)
    }
    this.#running.set(abort, over.promise)
    // Who reads it may not ask for more for a long time: its place is free by then.
    const stop = () => {
      settle()
      output.return().catch(() => undefined)
    }
    both.addEventListener('abort', stop, { once: true })
    return new ReadableStream<EngineOutput>(
      {
        async pull(controller) {
          try {
            const { done, value } = await output.next()
            // What was stopped ends as if it were complete.
            both.throwIfAborted()
            if (!done) return controller.enqueue(value)
            settle()
            controller.close()
          } catch (error) {
            settle()
            controller.error(both.aborted ? both.reason : error)
          }
        },
        async cancel() {
          abort.abort(new RmaError('CANCELLED', 'nobody reads the answer any more'))
          settle()
          await output.return()
        },
      },
      { highWaterMark: 0 },
    )
  }

  /** Ends every task with `error`. */
  async stop(error: RmaError): Promise<void> {
    const over = [...this.#running.values()]
    for (const abort of this.#running.keys()) abort.abort(error)
    // A task whose output nobody takes at the moment ends when somebody does; there is nothing of it to wait for.
    await Promise.race([Promise.all(over), new Promise(resolve => setImmediate(resolve))])
  }
}
