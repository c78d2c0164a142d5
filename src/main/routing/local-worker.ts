import { RmaError, toRmaError } from '../../shared/errors.ts'
import type { PeerIdText, ServiceType } from '../../shared/schema/primitives.ts'
import { endingJob } from '../ledger/answer-body.ts'
import type { JobHandle, JobLog } from '../ledger/job-log.ts'
import type { LocalServices, ServiceRequest } from '../service-request.ts'
import type { RoutedAnswer } from './routed-answer.ts'

export interface LocalWorkerComponents {
  services: LocalServices
  jobs: JobLog
  selfId: PeerIdText
}

/** Runs requests on this node, whoever sent them, and keeps their jobs in the log. */
export class LocalWorker {
  readonly #services: LocalServices
  readonly #jobs: JobLog
  readonly #selfId: PeerIdText

  constructor({ services, jobs, selfId }: LocalWorkerComponents) {
    this.#services = services
    this.#jobs = jobs
    this.#selfId = selfId
  }

  offers(service: ServiceType): boolean {
    return this.#services.offers(service)
  }

  /** Rejects as `LocalServices.run` does. */
  async run(request: ServiceRequest, path: RoutedAnswer['path']): Promise<RoutedAnswer> {
    const job = this.#jobs.begin({
      id: request.id,
      role: 'served',
      service: request.service,
      requester: request.requester,
    })
    job.accepted(this.#selfId, path)
    try {
      const answer = await this.#services.run({
        ...request,
        body: counted(request.body, job),
        signal: AbortSignal.any([request.signal, job.signal]),
        onStarted: () => {
          job.started()
          request.onStarted?.()
        },
      })
      return {
        worker: this.#selfId,
        path,
        contentType: answer.contentType,
        body: endingJob(answer.body, job),
        ...this.#busyness(),
      }
    } catch (error) {
      const failure = asked(error, [request.signal, job.signal])
      job.failed(failure)
      throw failure
    }
  }

  #busyness(): Pick<RoutedAnswer, 'load' | 'queue'> {
    const { load, queue } = this.#services.capacity()
    return { load, queue: queue.waiting }
  }
}

/** The reason a signal was aborted with says more than the abort error that came of it. */
function asked(error: unknown, signals: AbortSignal[]): RmaError {
  const aborted = signals.find(signal => signal.aborted)
  return aborted?.reason instanceof RmaError ? aborted.reason : toRmaError(error)
}

async function* counted(body: AsyncIterable<Uint8Array>, job: JobHandle) {
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.byteLength
    yield chunk
  }
  job.received(bytes)
}
