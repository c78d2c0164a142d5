import type { z } from 'zod'
import { RmaError } from '../../shared/errors.ts'
import { safeParse } from '../../shared/safe-parse.ts'
import type { Milliseconds } from '../../shared/units.ts'
import type { Clock, StopTimer } from '../clock.ts'
import type { Logger } from '../log.ts'
import type { EngineExit, EngineProcess } from './engine-launcher.ts'
import { type EngineInput, engineReportSchema } from './engine-protocol.ts'
import { memoryLimitLine } from './memory-watch.ts'

/** Why an engine could not finish, in the details of ENGINE_FAILED. */
export type EngineFailure = 'start' | 'crash' | 'memory' | 'hang' | 'error' | 'protocol'

/** What a job gets from its engine: parts as they are ready, then one result. */
export type EngineOutput = { kind: 'part'; value: unknown } | { kind: 'result'; value: unknown }

export interface EngineSessionInit {
  memoryMiB: number
  /** How long the engine may take to be ready. */
  startMs: Milliseconds
  /** How long a job may run without handing over a part or its result. */
  stallMs: Milliseconds
}

/** Parts a job may hand over: a bound on what a reader that lags behind can make this node hold. */
const maxParts = 1_000

type JobReport = Extract<z.output<typeof engineReportSchema>, { kind: 'part' | 'done' | 'refused' }>

interface RunningJob {
  id: number
  parts: number
  output: ReadableStreamDefaultController<EngineOutput>
  onSettled: OnSettled
}

/** @param cpuMs processor time of the job, as the engine tells; 0 when it does not live to tell */
export type OnSettled = (cpuMs: Milliseconds) => void

/** One life of an engine process: it becomes ready, runs jobs one at a time, and ends once, for one reason. */
export class EngineSession {
  /** Rejects when the engine ends before it is ready. */
  readonly ready: Promise<void>
  /** Resolves when the process is gone. */
  readonly gone: Promise<void>
  readonly #process: EngineProcess
  readonly #clock: Clock
  readonly #log: Logger
  readonly #init: EngineSessionInit
  readonly #ready = Promise.withResolvers<void>()
  readonly #gone = Promise.withResolvers<void>()
  readonly #endListeners: (() => void)[] = []
  #isReady = false
  #ended: RmaError | undefined
  #job: RunningJob | undefined
  #lastJobId = 0
  #passedMemoryLimit = false
  #stopWatchdog: StopTimer

  constructor(components: { process: EngineProcess; clock: Clock; log: Logger }, init: EngineSessionInit) {
    this.#process = components.process
    this.#clock = components.clock
    this.#log = components.log
    this.#init = init
    this.ready = this.#ready.promise
    this.gone = this.#gone.promise
    this.ready.catch(() => undefined) // Whoever waits hears of it; a session that nobody waits for may fail in peace.
    this.#process.onMessage(message => this.#receive(message))
    this.#process.onErrorLine(line => this.#hear(line))
    this.#process.onExit(exit => this.#exited(exit))
    this.#stopWatchdog = this.#watchdog(init.startMs, 'start')
    this.#process.postMessage({ kind: 'start', memoryMiB: init.memoryMiB })
  }

  get pid(): number | undefined {
    return this.#process.pid
  }

  get ended(): boolean {
    return this.#ended !== undefined
  }

  /** Calls `listener` once the engine has ended, for whatever reason. */
  onEnd(listener: () => void): void {
    this.#endListeners.push(listener)
  }

  /**
   * Runs a job on a ready engine. The stream fails with the job; cancelling it ends the engine, which cannot be
   * interrupted otherwise. `onSettled` is called once the engine is done with the job, read or not.
   */
  run(input: EngineInput, onSettled: OnSettled): ReadableStream<EngineOutput> {
    if (this.#ended) throw this.#ended
    if (this.#job) throw new RmaError('INTERNAL', 'expected an idle engine, got a busy one')
    const id = ++this.#lastJobId
    return new ReadableStream<EngineOutput>({
      start: output => {
        this.#job = { id, parts: 0, output, onSettled }
        this.#process.postMessage({ kind: 'run', job: id, input })
        this.#restartWatchdog()
      },
      cancel: () => {
        if (this.#job?.id === id) this.end(new RmaError('CANCELLED', 'nobody reads the answer any more'))
      },
    })
  }

  /** Ends the engine at once; a job that still runs fails with `error`. */
  end(error: RmaError): void {
    if (this.#ended) return
    this.#ended = error
    this.#stopWatchdog()
    this.#process.kill()
    this.#ready.reject(error)
    this.#finish(({ output }) => output.error(error))
    for (const listener of this.#endListeners) listener()
  }

  #receive(message: unknown): void {
    if (this.#ended) return
    const { success, data: report } = safeParse(engineReportSchema, message)
    if (!success) {
      this.#fail('protocol', 'the engine sent something that is no report')
    } else if (report.kind === 'ready') {
      this.#stopWatchdog()
      this.#isReady = true
      this.#log.debug({ pid: this.pid }, 'an engine is ready')
      this.#ready.resolve()
    } else if (report.kind === 'threw') {
      this.#log.warn({ error: report.error, frames: report.frames }, 'an engine failed')
      if (report.job === undefined) this.#fail(this.#isReady ? 'crash' : 'start', `the engine failed: ${report.error}`)
      else this.#fail('error', `the engine failed on this document: ${report.error}`)
    } else {
      this.#follow(report)
    }
  }

  #follow(report: JobReport): void {
    const job = this.#job
    if (job?.id !== report.job) {
      this.#fail('protocol', 'the engine reported on a job that does not run')
    } else if (report.kind === 'refused') {
      this.#finish(() => job.output.error(new RmaError(report.code, report.message, report.details)), report.cpuMs)
    } else if (report.kind === 'done') {
      job.output.enqueue({ kind: 'result', value: report.result })
      this.#finish(() => job.output.close(), report.cpuMs)
    } else if (++job.parts > maxParts) {
      this.#fail('protocol', `the engine sent more than ${maxParts} parts`)
    } else {
      job.output.enqueue({ kind: 'part', value: report.part })
      this.#restartWatchdog()
    }
  }

  #finish(settle: (job: RunningJob) => void, cpuMs = 0): void {
    const job = this.#job
    if (job === undefined) return
    this.#job = undefined
    this.#stopWatchdog()
    settle(job)
    job.onSettled(cpuMs)
  }

  /** What an engine prints may quote a document once it has been handed one: then it is not kept. */
  #hear(line: string): void {
    if (line === memoryLimitLine) this.#passedMemoryLimit = true
    else if (!this.#isReady) this.#log.debug({ line: line.slice(0, 300) }, 'an engine wrote to standard error')
  }

  #exited({ code, signal }: EngineExit): void {
    this.#gone.resolve()
    if (this.#ended) return
    this.#log.warn({ code, signal, memory: this.#passedMemoryLimit }, 'an engine process ended by itself')
    if (this.#passedMemoryLimit) {
      this.#fail('memory', `the engine passed its memory limit of ${this.#init.memoryMiB} MiB`)
    } else {
      this.#fail(this.#isReady ? 'crash' : 'start', `the engine process ended with ${signal ?? `code ${code}`}`)
    }
  }

  #fail(reason: EngineFailure, message: string): void {
    this.end(new RmaError('ENGINE_FAILED', message, { reason }))
  }

  #restartWatchdog(): void {
    this.#stopWatchdog()
    this.#stopWatchdog = this.#watchdog(this.#init.stallMs, 'hang')
  }

  #watchdog(limitMs: Milliseconds, reason: EngineFailure): StopTimer {
    return this.#clock.after(limitMs, () => this.#fail(reason, `the engine gave no sign of life for ${limitMs} ms`))
  }
}
