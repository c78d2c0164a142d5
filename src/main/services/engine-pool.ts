import { RmaError } from '../../shared/errors.ts'
import { type Milliseconds, minute, second } from '../../shared/units.ts'
import type { Clock, StopTimer } from '../clock.ts'
import type { Logger } from '../log.ts'
import { withSignal } from '../with-signal.ts'
import type { EngineLauncher } from './engine-launcher.ts'
import type { EngineInput } from './engine-protocol.ts'
import { type EngineOutput, EngineSession, type OnSettled } from './engine-session.ts'
import type { JobInput, Workshop } from './workshop.ts'

export interface EnginePoolInit {
  /** Name of the engine's entry. */
  entry: string
  /** Jobs, and so processes, at once. */
  size: number
  /** Limit of one process. */
  memoryMiB: number
  stallMs: Milliseconds
  /** Default 30 s. */
  startMs?: Milliseconds
  /** How long an engine stays loaded with nothing to do. Default 5 min. */
  idleMs?: Milliseconds
}

export interface EnginePoolComponents {
  launch: EngineLauncher
  clock: Clock
  log: Logger
}

/** Engine processes of one service: started when a job needs one, kept warm for a while, replaced when they end. */
export class EnginePool implements Workshop {
  readonly #components: EnginePoolComponents
  readonly #init: EnginePoolInit & { startMs: Milliseconds; idleMs: Milliseconds }
  /** Warm engines without a job, the one used last at the end, each with the timer that unloads it. */
  readonly #idle = new Map<EngineSession, StopTimer>()
  readonly #busy = new Set<EngineSession>()
  /** Processes that are not gone yet. */
  readonly #leaving = new Set<Promise<void>>()
  #size: number

  constructor(components: EnginePoolComponents, init: EnginePoolInit) {
    this.#components = components
    this.#init = { startMs: 30 * second, idleMs: 5 * minute, ...init }
    this.#size = init.size
  }

  get size(): number {
    return this.#size
  }

  get running(): number {
    return this.#busy.size
  }

  get free(): number {
    return Math.max(0, this.#size - this.#busy.size)
  }

  /** Process ids of the engines that are loaded. */
  get pids(): number[] {
    return [...this.#busy, ...this.#idle.keys()].flatMap(session => session.pid ?? [])
  }

  /** Running jobs beyond a smaller size finish; their engines are not kept. */
  resize(size: number): void {
    this.#size = size
    this.#trim()
  }

  /**
   * Runs a job on a warm engine or a new one, whose place counts as taken from the moment of the call. `onFree` is
   * called once when it is free again, also when no engine could be started or the job was given up before. When `signal`
   * aborts, the engine is ended and the job fails with the signal's reason, which must be an RmaError; an engine that is still
   * loading knows nothing of the job and is kept for the next: or a slow machine that is asked with short deadlines would load
   * one for each request and serve none.
   *
   * @throws RmaError ENGINE_FAILED when no engine could be started
   */
  async run(input: JobInput, signal: AbortSignal, onFree: OnSettled): Promise<ReadableStream<EngineOutput>> {
    const session = this.#takeFor(signal, onFree)
    const abort = () => session.end(abortReason(signal))
    const free: OnSettled = cpuMs => {
      signal.removeEventListener('abort', abort)
      this.#release(session)
      onFree(cpuMs)
    }
    try {
      await withSignal(session.ready, signal)
      signal.throwIfAborted()
      signal.addEventListener('abort', abort)
      return session.run(engineInput(input), free)
    } catch (error) {
      free(0)
      throw signal.aborted ? abortReason(signal) : error
    }
  }

  /** Ends every engine; running jobs fail with `error`. Resolves when their processes are gone, those ended before too. */
  async stop(error: RmaError): Promise<void> {
    for (const session of [...this.#busy, ...this.#idle.keys()]) session.end(error)
    await Promise.all(this.#leaving)
  }

  /** An engine for a job. Where there is none to be had, the job's place is free again. */
  #takeFor(signal: AbortSignal, onFree: OnSettled): EngineSession {
    try {
      if (signal.aborted) throw abortReason(signal)
      return this.#take()
    } catch (error) {
      onFree(0)
      throw error
    }
  }

  #take(): EngineSession {
    const warm = [...this.#idle.keys()].at(-1)
    const session = warm ?? this.#start()
    this.#forget(session)
    this.#busy.add(session)
    return session
  }

  #start(): EngineSession {
    const session = this.#launch()
    session.onEnd(() => this.#forget(session))
    this.#leaving.add(session.gone)
    void session.gone.then(() => this.#leaving.delete(session.gone))
    return session
  }

  #launch(): EngineSession {
    const { launch, clock, log } = this.#components
    try {
      return new EngineSession({ process: launch(this.#init.entry), clock, log }, this.#init)
    } catch (error) {
      log.warn({ err: error }, 'the process of an engine could not be started')
      throw new RmaError('ENGINE_FAILED', 'the process of the engine could not be started', { reason: 'start' })
    }
  }

  #release(session: EngineSession): void {
    this.#busy.delete(session)
    if (session.ended) return
    const unload = () => session.end(new RmaError('CANCELLED', 'the engine was unloaded: nothing to do'))
    this.#idle.set(session, this.#components.clock.after(this.#init.idleMs, unload))
    this.#trim()
  }

  /** Unloads idle engines, the longest idle first, until no more are loaded than may run. */
  #trim(): void {
    for (const session of [...this.#idle.keys()]) {
      if (this.#busy.size + this.#idle.size <= this.#size) return
      session.end(new RmaError('CANCELLED', 'the engine was unloaded: fewer may run'))
    }
  }

  #forget(session: EngineSession): void {
    this.#idle.get(session)?.()
    this.#idle.delete(session)
  }
}

function engineInput({ contentType, accept, bytes, helper, languages }: JobInput): EngineInput {
  return { contentType, accept, bytes, ...(helper ? { helper } : {}), ...(languages ? { languages } : {}) }
}

function abortReason(signal: AbortSignal): RmaError {
  return signal.reason instanceof RmaError ? signal.reason : new RmaError('CANCELLED', 'the request was cancelled')
}
