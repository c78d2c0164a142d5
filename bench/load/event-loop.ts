import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { EventLoopFigures } from './load-words.ts'

const resolutionMs = 5
const nanosecondsPerMs = 1e6

/** By how much this process's event loop is late, beyond the resolution of the timer that asks. */
export class EventLoopWatch {
  readonly #histogram = monitorEventLoopDelay({ resolution: resolutionMs })

  start(): void {
    this.#histogram.enable()
    this.#histogram.reset()
  }

  figures(): EventLoopFigures {
    const late = (nanoseconds: number) => Math.max(0, nanoseconds / nanosecondsPerMs - resolutionMs)
    return { p99: late(this.#histogram.percentile(99)), max: late(this.#histogram.max) }
  }
}
