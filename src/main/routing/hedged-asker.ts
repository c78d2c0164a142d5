import { RmaError } from '../../shared/errors.ts'
import type { ServiceType } from '../../shared/schema/primitives.ts'
import type { WorkerView } from '../../shared/schema/worker.ts'
import type { Clock } from '../clock.ts'
import { keepLatest } from '../keep-latest.ts'
import type { LocalServices } from '../service-request.ts'
import { HedgeBudget, hedgeAfterMs } from './hedge-plan.ts'
import type { Journey, RouteStep } from './journey.ts'
import { LatencyWindow } from './latency-window.ts'
import type { TimedAnswer, WorkerAsker } from './worker-asker.ts'

const servicesKept = 32

export interface HedgedAskerComponents {
  asker: WorkerAsker
  services: Pick<LocalServices, 'isIdempotent'>
  clock: Clock
  /** Counts the extra requests and those that won. */
  onHedge: (what: 'sent' | 'won') => void
}

export interface HedgedAskerInit {
  /** Whether a second worker may be asked at all; read for each request. */
  enabled: () => boolean
}

interface Runner {
  worker: WorkerView
  answer: Promise<TimedAnswer | undefined>
  outrun: AbortController
}

/**
 * Asks a worker, and where it takes longer than 19 of 20 answers do, one more: the first answer counts and the other
 * worker is told to stop.
 */
export class HedgedAsker {
  readonly #parts: HedgedAskerComponents
  readonly #enabled: () => boolean
  readonly #budget = new HedgeBudget()
  readonly #windows = new Map<ServiceType, LatencyWindow>()

  constructor(components: HedgedAskerComponents, { enabled }: HedgedAskerInit) {
    this.#parts = components
    this.#enabled = enabled
  }

  /** As `WorkerAsker.ask`. `another` chooses the second worker, or none. */
  async ask(
    worker: WorkerView,
    journey: Journey,
    { step, another }: { step: RouteStep; another: () => WorkerView | undefined },
  ): Promise<TimedAnswer | undefined> {
    const window = this.#window(journey.request.service)
    const afterMs = this.#afterMs(journey, window)
    this.#budget.earn()
    const answer =
      afterMs === undefined
        ? await this.#parts.asker.ask(worker, journey, { step })
        : await this.#race(worker, journey, { step, afterMs, another })
    if (answer !== undefined) window.add(answer.tookMs)
    return answer
  }

  #afterMs({ request, body }: Journey, window: LatencyWindow): number | undefined {
    return hedgeAfterMs({
      enabled: this.#enabled(),
      idempotent: this.#parts.services.isIdempotent(request.service),
      replayable: body.replayable,
      samples: window.size,
      p95Ms: window.quantile(0.95),
      leftMs: request.deadlineAt - this.#parts.clock.now(),
    })
  }

  async #race(
    worker: WorkerView,
    journey: Journey,
    { step, afterMs, another }: { step: RouteStep; afterMs: number; another: () => WorkerView | undefined },
  ): Promise<TimedAnswer | undefined> {
    const { clock, onHedge } = this.#parts
    const first = this.#start(worker, journey, step)
    const runners = [first]
    const late = Promise.withResolvers<'late'>()
    const stopTimer = clock.after(afterMs, () => late.resolve('late'))
    let winner: Runner | undefined
    try {
      const early = await Promise.race([first.answer, late.promise])
      if (early !== 'late') {
        winner = first
        return early
      }
      const second = this.#second(another)
      if (second !== undefined) {
        onHedge('sent')
        runners.push(this.#start(second, journey, step))
      }
      winner = await firstToAnswer(runners)
      if (winner !== undefined && winner !== first) onHedge('won')
      return await winner?.answer
    } finally {
      stopTimer()
      for (const runner of runners) if (runner !== winner) letGo(runner)
    }
  }

  #second(another: () => WorkerView | undefined): WorkerView | undefined {
    const worker = another()
    return worker !== undefined && this.#budget.take() ? worker : undefined
  }

  #start(worker: WorkerView, journey: Journey, step: RouteStep): Runner {
    const outrun = new AbortController()
    const answer = this.#parts.asker.ask(worker, journey, { step, outrun: outrun.signal })
    return { worker, answer, outrun }
  }

  #window(service: ServiceType): LatencyWindow {
    const known = this.#windows.get(service)
    if (known !== undefined) return known
    const window = new LatencyWindow()
    keepLatest(this.#windows, service, window, servicesKept)
    return window
  }
}

/** Undefined when none of them has an answer; rejects as soon as one may not be asked elsewhere. */
function firstToAnswer(runners: readonly Runner[]): Promise<Runner | undefined> {
  return new Promise((resolve, reject) => {
    let left = runners.length
    for (const runner of runners) {
      runner.answer.then(answer => {
        left--
        if (answer !== undefined) resolve(runner)
        else if (left === 0) resolve(undefined)
      }, reject)
    }
  })
}

function letGo({ answer, outrun }: Runner): void {
  outrun.abort(new RmaError('CANCELLED', 'another worker was quicker'))
  // What it ends with is the reason above, or an error that the winner's answer has made good.
  answer.then(late => late && drop(late.answer.body)).catch(() => undefined)
}

/** Reads of an answer nobody wants, so that it learns of it and closes what it holds. */
async function drop(body: Uint8Array | AsyncIterable<Uint8Array>): Promise<void> {
  if (body instanceof Uint8Array) return
  for await (const _ of body) break
}
