import { RmaError } from '../../shared/errors.ts'
import type { ServiceNeeds, ServiceStatus, Unavailability } from '../../shared/schema/service.ts'
import { type Milliseconds, minute, second } from '../../shared/units.ts'
import type { StopTimer } from '../clock.ts'
import type { ServiceAnswer, ServiceRequest } from '../service-request.ts'
import { adviceOn } from './advice.ts'
import { EnginePool, type EnginePoolComponents } from './engine-pool.ts'
import type { EngineOutput, OnSettled } from './engine-session.ts'
import { FairQueue } from './fair-queue.ts'
import { boundedBody, mediaType, readBody, tooLarge } from './request-body.ts'
import type { Machine, ServiceDefinition } from './service-definition.ts'
import { ServiceJob } from './service-job.ts'
import type { JobInput, Workshop } from './workshop.ts'

export interface ServiceLaneInit {
  definition: ServiceDefinition
  machine: Machine
  enabled: boolean
  /** Jobs at once; missing: chosen from the machine. */
  slots?: number | undefined
  /** Whether the node as a whole may begin another job of this service now. */
  mayBegin: () => boolean
  /** Called when a job has ended, so that one of another service may begin. */
  onSettled: () => void
  /** Called after each change of `status`. */
  onChange: () => void
  onPages: (pages: number) => void
}

/** How often an engine may fail to start in a row before its service is withdrawn, and for how long. */
const startFailuresAllowed = 3
const withdrawnMs = minute

/** Share of the newest job in the average of how long jobs take. */
const averageWeight = 0.2
const shortestRetryMs = 250
const longestRetryMs = minute

/** One service of this node: its queue, its engines, and the way of a request through them. */
export class ServiceLane {
  readonly definition: ServiceDefinition
  readonly #components: EnginePoolComponents
  readonly #init: ServiceLaneInit
  readonly #pool: Workshop
  readonly #queue: FairQueue<ServiceJob>
  readonly #jobs = new Set<ServiceJob>()
  #enabled: boolean
  /** Jobs at once that the donor chose, or that suit the machine. */
  #slots: number
  /** Jobs at once that the node as a whole may take on now. */
  #mostSlots = Number.POSITIVE_INFINITY
  #gpuAllowed = true
  #heldBytes = 0
  #startFailures = 0
  #engineFailure: Extract<Unavailability, { kind: 'engine-failed' }> | undefined
  #stopWithdrawal: StopTimer = () => undefined
  #averageMs: Milliseconds = 2 * second

  constructor(components: EnginePoolComponents, init: ServiceLaneInit) {
    const { definition, machine } = init
    const size = init.slots ?? definition.slots(machine)
    this.#slots = size
    const { engine, memoryMiB, stallMs } = definition
    this.definition = definition
    this.#components = components
    this.#init = init
    this.#enabled = init.enabled
    this.#pool =
      typeof engine === 'string'
        ? new EnginePool(components, { entry: engine, size, memoryMiB, stallMs })
        : engine(components, { size, onChange: () => this.pump() })
    this.#queue = new FairQueue(definition.bound(size))
  }

  get status(): ServiceStatus {
    const unavailable = this.#unavailable()
    const { models, languages } = this.#pool
    return {
      type: this.definition.type,
      enabled: this.#enabled,
      needs: needsOf(this.definition),
      ...(unavailable ? { unavailable, advice: adviceOn(unavailable) } : {}),
      ...(models ? { models } : {}),
      ...(languages ? { languages } : {}),
      running: this.#pool.running,
      waiting: this.#queue.size,
      slots: this.#pool.size,
      bound: this.#queue.bound,
    }
  }

  /** Process ids of the engines that are loaded. */
  get enginePids(): number[] {
    return this.#pool.pids
  }

  /** Jobs that wait, run, or whose answers are still being sent. */
  get jobs(): number {
    return this.#jobs.size
  }

  configure({ enabled, slots }: { enabled: boolean; slots?: number | undefined }): void {
    this.#slots = slots ?? this.definition.slots(this.#init.machine)
    this.#queue.bound = this.definition.bound(this.#slots)
    this.#resize()
    this.pump()
    this.setEnabled(enabled)
  }

  setEnabled(enabled: boolean): void {
    this.#enabled = enabled
    this.#init.onChange()
  }

  /** Bounds what runs at once; engines beyond it are unloaded as they become idle. */
  limit({ slots, gpu }: { slots: number; gpu: boolean }): void {
    this.#mostSlots = slots
    this.#gpuAllowed = gpu
    this.#resize()
    if (!this.#mayUseMachine()) this.turnAway({ begun: true })
    this.pump()
  }

  /** Sends requesters elsewhere: those that wait, and those whose jobs have begun too if `begun`. */
  turnAway({ begun }: { begun: boolean }): void {
    for (const job of [...this.#jobs]) {
      if (!job.begun) job.turnAway(new RmaError('PAUSED', 'the owner of this node needs the machine'))
      else if (begun) job.turnAway(new RmaError('WORKER_LOST', 'the owner of this node needs the machine back'))
    }
  }

  /** Runs the request; see `LocalServices.run`. */
  async run(request: ServiceRequest): Promise<ServiceAnswer> {
    const job = this.#admit(request)
    try {
      job.input = await this.#read(job)
      this.pump()
      return await this.definition.answer(await job.output, {
        accept: request.accept,
        input: job.input,
        onPage: (done, total) => this.#turnPage(job, done, total),
      })
    } catch (error) {
      this.#settle(job)
      throw error
    }
  }

  #turnPage({ request }: ServiceJob, done: number, total: number): void {
    this.#init.onPages(1)
    request.onProgress?.({ done, total })
  }

  start(): void {
    this.#pool.start?.()
  }

  /** Resolves when every engine's process is gone. */
  async stop(error: RmaError): Promise<void> {
    this.#stopWithdrawal()
    this.#engineFailure = undefined
    this.#startFailures = 0
    for (const job of [...this.#jobs]) job.turnAway(error)
    await this.#pool.stop(error)
  }

  /** Gives the request a place in the queue, from which its body is read. */
  #admit(request: ServiceRequest): ServiceJob {
    const { accepts, maxBytes, type } = this.definition
    const contentType = mediaType(request.contentType)
    if (accepts !== '*' && !accepts.includes(contentType)) {
      const got = contentType === '' ? 'no content type' : contentType
      throw new RmaError('UNSUPPORTED_TYPE', `${type} expected one of ${accepts.join(', ')}; got ${got}`, { accepts })
    }
    if (request.declaredBytes !== undefined && request.declaredBytes > maxBytes) {
      throw tooLarge(request.declaredBytes, maxBytes)
    }
    const job = new ServiceJob(request, this.#components.clock)
    const admission = this.#queue.add(job)
    if (admission.kind === 'full') {
      job.dispose()
      throw this.#busy()
    }
    admission.evicted?.turnAway(this.#busy())
    this.#jobs.add(job)
    this.#init.onChange()
    return job
  }

  async #read(job: ServiceJob): Promise<JobInput> {
    const { request, signal } = job
    const { maxBytes, maxHeldBytes, streamed = false } = this.definition
    const { accept, deadlineAt, waitedForUntil = () => deadlineAt } = request
    const particulars = request.particulars === undefined ? {} : { particulars: request.particulars }
    if (streamed) {
      const body = boundedBody(request.body, maxBytes, signal)
      return { contentType: request.contentType, accept, waitedForUntil, bytes: new Uint8Array(), body }
    }
    const bytes = await readBody(request.body, maxBytes, signal, count => {
      if (this.#heldBytes + count > maxHeldBytes) throw this.#busy()
      this.#heldBytes += count
      job.heldBytes += count
    })
    const input = { contentType: mediaType(request.contentType), accept, waitedForUntil, bytes, ...particulars }
    this.definition.inspect(input)
    return input
  }

  /** Hands free engines to those whose turn it is. */
  pump(): void {
    while (this.#pool.free > 0 && this.#init.mayBegin()) {
      const job = this.#queue.next()
      if (job?.input === undefined) break
      job.begin(this.#start(job, job.input))
    }
    this.#init.onChange()
  }

  async #start(job: ServiceJob, input: JobInput): Promise<ReadableStream<EngineOutput>> {
    const { clock } = this.#components
    const startedAt = clock.now()
    job.request.onStarted?.()
    const onFree: OnSettled = cpuMs => {
      job.request.onUsed?.({ cpuMs, gpuMs: this.definition.usesGpu === true ? clock.now() - startedAt : 0 })
      this.#averageMs += averageWeight * (clock.now() - startedAt - this.#averageMs)
      this.#settle(job)
    }
    try {
      const output = await this.#pool.run(input, job.signal, onFree)
      this.#startFailures = 0
      return output
    } catch (error) {
      if (error instanceof RmaError && error.details.reason === 'start') this.#countStartFailure(error.message)
      throw error
    }
  }

  /** Ends a job's part here; calling it again does nothing. */
  #settle(job: ServiceJob): void {
    if (!this.#jobs.delete(job)) return
    job.dispose()
    this.#heldBytes -= job.heldBytes
    this.#queue.remove(job)
    this.pump()
    this.#init.onSettled()
  }

  #resize(): void {
    this.#pool.resize(this.#mayUseMachine() ? Math.min(this.#slots, this.#mostSlots) : 0)
  }

  #mayUseMachine(): boolean {
    return this.#gpuAllowed || this.definition.usesGpu !== true
  }

  /** Withdraws the service for a while when its engine keeps failing to start; then it may try again. */
  #countStartFailure(message: string): void {
    this.#startFailures++
    if (this.#startFailures < startFailuresAllowed) return
    this.#components.log.error(
      { service: this.definition.type, message },
      'an engine does not start; trying again later',
    )
    this.#engineFailure = { kind: 'engine-failed', message, retryAt: this.#components.clock.now() + withdrawnMs }
    this.#stopWithdrawal()
    this.#stopWithdrawal = this.#components.clock.after(withdrawnMs, () => {
      this.#engineFailure = undefined
      this.#init.onChange()
    })
    this.#init.onChange()
  }

  #unavailable(): Unavailability | undefined {
    if (!this.#enabled) return { kind: 'disabled' }
    if (!this.#mayUseMachine()) return { kind: 'gpu-paused' }
    const { memoryMiB: foundMiB } = this.#init.machine
    const neededMiB = this.definition.memoryMiB
    if (foundMiB < neededMiB) return { kind: 'needs-memory', neededMiB, foundMiB }
    return this.#engineFailure ?? this.#pool.unavailable
  }

  #busy(): RmaError {
    const roundsAhead = Math.ceil((this.#queue.size + 1) / Math.max(1, this.#pool.size))
    const retryAfterMs = Math.round(Math.min(longestRetryMs, Math.max(shortestRetryMs, roundsAhead * this.#averageMs)))
    return new RmaError('BUSY', `${this.#queue.size} requests for ${this.definition.type} already wait here`, {
      retryAfterMs,
    })
  }
}

function needsOf({
  memoryMiB,
  vramMiB = 0,
  usesGpu = false,
  languageEngine,
  elsewhere,
}: ServiceDefinition): ServiceNeeds {
  const engine = languageEngine === true ? 'language-engine' : elsewhere === true ? 'server' : 'own'
  return { memoryMiB, vramMiB, gpuHelps: usesGpu, engine }
}
