import type { Capacity, LocalServices, ServiceAnswer, ServiceRequest } from '../../src/main/service-request.ts'
import { RmaError } from '../../src/shared/errors.ts'
import type { ServiceType } from '../../src/shared/schema/primitives.ts'

/** The service that the benchmarks ask for: it answers with what it was sent, or with how much that was. */
export const lightService: ServiceType = 'bench-light'

export interface LightServicesInit {
  /** Default: the benchmarks' own. */
  service?: ServiceType
  slots: number
  bound: number
  /** How long a job takes, in milliseconds; 0 answers at once. */
  workMs: number
  /** Body answered: the request's own, or its size as text, read as it comes and not held. */
  answer: 'echo' | 'size'
}

/** A light engine in the node's own process, with a real queue: what is measured is the way to it. */
export class LightServices implements LocalServices {
  readonly #init: LightServicesInit
  readonly #waiting: (() => void)[] = []
  #running = 0
  #offered = true
  /** Jobs done. */
  done = 0
  /** Each so many jobs one hangs for a while. */
  stalls: { every: number; ms: number } | undefined
  #begun = 0
  /** While it is set, jobs begin and never end. */
  holding = false
  onBegun: () => void = () => undefined

  constructor(init: LightServicesInit) {
    this.#init = init
  }

  setOffered(offered: boolean): void {
    this.#offered = offered
  }

  offers(service: ServiceType): boolean {
    return this.#offered && service === (this.#init.service ?? lightService)
  }

  isIdempotent(): boolean {
    return true
  }

  maxBytes(): number | undefined {
    return undefined
  }

  capacity(): Capacity {
    const { slots, bound } = this.#init
    const waiting = this.#waiting.length
    return {
      load: Math.max(this.#running / slots, waiting / bound),
      queue: { running: this.#running, waiting, slots, bound },
    }
  }

  async run(request: ServiceRequest): Promise<ServiceAnswer> {
    if (!this.offers(request.service)) throw new RmaError('UNKNOWN_SERVICE', `there is no ${request.service} here`)
    await this.#takeSlot()
    try {
      request.onStarted?.()
      this.onBegun()
      const body = this.#init.answer === 'echo' ? await whole(request.body) : await sizeOf(request.body)
      await this.#work(request.signal)
      this.done++
      return { contentType: 'application/octet-stream', body }
    } finally {
      this.#running--
      this.#waiting.shift()?.()
    }
  }

  async #takeSlot(): Promise<void> {
    const { slots, bound } = this.#init
    if (this.#running < slots) {
      this.#running++
      return
    }
    if (this.#waiting.length >= bound) throw new RmaError('BUSY', 'the queue is full', { retryAfterMs: 250 })
    await new Promise<void>(resolve => this.#waiting.push(resolve))
    this.#running++
  }

  #work(signal: AbortSignal): Promise<void> {
    const hangs = this.stalls !== undefined && ++this.#begun % this.stalls.every === 0
    const workMs = hangs ? (this.stalls?.ms ?? 0) : this.#init.workMs
    if (workMs === 0 && !this.holding) return Promise.resolve()
    return new Promise((resolve, reject) => {
      const timer = this.holding ? undefined : setTimeout(resolve, workMs)
      signal.addEventListener(
        'abort',
        () => {
          clearTimeout(timer)
          reject(signal.reason)
        },
        { once: true },
      )
    })
  }
}

async function whole(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks)
}

async function sizeOf(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  let bytes = 0
  for await (const chunk of body) bytes += chunk.byteLength
  return Buffer.from(String(bytes))
}
