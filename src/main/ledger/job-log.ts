import { RmaError } from '../../shared/errors.ts'
import type { LedgerJob } from '../../shared/schema/contribution.ts'
import type { Job, JobsSnapshot } from '../../shared/schema/job.ts'
import type { PathKind, PeerIdText } from '../../shared/schema/primitives.ts'
import type { Clock } from '../clock.ts'
import { LiveValue } from '../live-value.ts'
import type { Usage } from '../service-request.ts'

const keptFinished = 200

export type NewJob = Pick<Job, 'id' | 'role' | 'service' | 'requester'>

/** How one job goes on. The first of `done` and `failed` counts. */
export interface JobHandle {
  /** Aborts when the job is cancelled from here. */
  readonly signal: AbortSignal
  /** The request is on its way to a worker, which may still refuse it. */
  sentTo(worker: PeerIdText): void
  /** A worker has taken the request on. */
  accepted(worker: PeerIdText, path: PathKind): void
  started(): void
  received(bytes: number): void
  /** Another page is done. */
  progressed(progress: NonNullable<Job['progress']>): void
  /** What the job took of this machine. */
  used(usage: Usage): void
  done(bytesOut: number): void
  failed(error: RmaError): void
}

export interface JobTotals {
  served: number
  requested: number
  own: number
  failed: number
}

/** The jobs this node takes part in: all unfinished ones and the newest 200 finished ones, in memory. */
export class JobLog {
  readonly jobs = new LiveValue<JobsSnapshot>({ jobs: [] })
  readonly #clock: Clock
  readonly #finishListeners: ((job: LedgerJob) => void)[] = []
  readonly #unfinished = new Map<symbol, { job: Job; controller: AbortController }>()
  #finished: Job[] = []
  #totals: JobTotals = { served: 0, requested: 0, own: 0, failed: 0 }

  constructor({ clock }: { clock: Clock }) {
    this.#clock = clock
  }

  /** Counts of finished jobs since the start. */
  get totals(): JobTotals {
    return this.#totals
  }

  /** Calls `listener` with each job that has ended. */
  onFinished(listener: (job: LedgerJob) => void): void {
    this.#finishListeners.push(listener)
  }

  /** Takes up jobs that ended in earlier runs of the node, newest first; they are not counted again. */
  remember(jobs: readonly LedgerJob[]): void {
    const known = new Set(this.#finished.map(({ id, role, createdAt }) => `${id} ${role} ${createdAt}`))
    const others = jobs.filter(({ id, role, createdAt }) => !known.has(`${id} ${role} ${createdAt}`))
    this.#finished = [...this.#finished, ...others].slice(0, keptFinished)
    this.#publish()
  }

  /** The requester has acknowledged a job that was served here. */
  acknowledge(id: string, requester: PeerIdText, receipt: NonNullable<Job['receipt']>): void {
    const isIt = (job: Job) => job.id === id && job.requester === requester && job.role === 'served'
    this.#finished = this.#finished.map(job => (isIt(job) ? { ...job, receipt } : job))
    this.#publish()
  }

  begin(newJob: NewJob): JobHandle {
    const key = Symbol(newJob.id)
    const controller = new AbortController()
    const change = (changes: Partial<Job>) => {
      const entry = this.#unfinished.get(key)
      if (entry === undefined) return
      entry.job = { ...entry.job, ...changes }
      this.#publish()
    }
    this.#unfinished.set(key, {
      job: { ...newJob, state: 'queued', createdAt: this.#clock.now(), bytesIn: 0, bytesOut: 0 },
      controller,
    })
    this.#publish()
    return {
      signal: controller.signal,
      sentTo: worker => {
        const startedAt = this.#unfinished.get(key)?.job.startedAt ?? this.#clock.now()
        change({ worker, state: 'running', startedAt })
      },
      accepted: (worker, path) => change({ worker, path }),
      started: () => change({ state: 'running', startedAt: this.#clock.now() }),
      received: bytesIn => change({ bytesIn }),
      progressed: progress => change({ progress }),
      used: usage => change(usage),
      done: bytesOut => this.#finish(key, { state: 'done', bytesOut }),
      failed: error =>
        this.#finish(key, { state: error.code === 'CANCELLED' ? 'cancelled' : 'failed', error: error.code }),
    }
  }

  /** Throws NOT_FOUND when no unfinished job has this id. */
  cancel(id: string): void {
    const matching = [...this.#unfinished.values()].filter(({ job }) => job.id === id)
    if (matching.length === 0) throw new RmaError('NOT_FOUND', `no queued or running job has the id ${id}`, { id })
    for (const { controller } of matching) controller.abort(new RmaError('CANCELLED', 'cancelled by the owner'))
  }

  #finish(key: symbol, outcome: Partial<Job>): void {
    const entry = this.#unfinished.get(key)
    if (entry === undefined) return
    this.#unfinished.delete(key)
    const { progress: _, ...last } = entry.job
    const job: LedgerJob = { ...last, ...outcome, finishedAt: this.#clock.now() }
    this.#finished = [job, ...this.#finished].slice(0, keptFinished)
    this.#totals = count(this.#totals, job)
    this.#publish()
    for (const listener of this.#finishListeners) listener(job)
  }

  #publish(): void {
    this.jobs.setLater(() => {
      const unfinished = [...this.#unfinished.values()].map(({ job }) => job).reverse()
      return { jobs: [...unfinished, ...this.#finished] }
    })
  }
}

function count(totals: JobTotals, job: Job): JobTotals {
  if (job.state !== 'done') return { ...totals, failed: totals.failed + (job.state === 'failed' ? 1 : 0) }
  return { ...totals, [job.role]: totals[job.role] + 1 }
}
