import type { ServiceType } from '../../shared/schema/primitives.ts'
import type { Capacity, LocalServices, ServiceAnswer, ServiceRequest } from '../service-request.ts'
import type { DataMeter } from './data-meter.ts'
import type { Throttle } from './throttle.ts'

export interface MeteredServicesComponents {
  services: LocalServices
  /** Of documents that come in. */
  down: Throttle
  /** Of answers that go out. */
  up: Throttle
  meter: DataMeter
}

/** The services of this node, whose documents and answers are counted and pass no faster than the owner allows. */
export class MeteredServices implements LocalServices {
  readonly #parts: MeteredServicesComponents

  constructor(components: MeteredServicesComponents) {
    this.#parts = components
  }

  async run(request: ServiceRequest): Promise<ServiceAnswer> {
    const { services, down, up, meter } = this.#parts
    const { signal } = request
    const answer = await services.run({ ...request, body: down.pace(meter.count(request.body), signal) })
    if (!(answer.body instanceof Uint8Array)) {
      return { ...answer, body: up.pace(meter.count(answer.body), signal) }
    }
    meter.add(answer.body.byteLength)
    return up.bounded ? { ...answer, body: up.pace(chunkOf(answer.body), signal) } : answer
  }

  offers(service: ServiceType): boolean {
    return this.#parts.services.offers(service)
  }

  isIdempotent(service: ServiceType): boolean {
    return this.#parts.services.isIdempotent(service)
  }

  maxBytes(service: ServiceType): number | undefined {
    return this.#parts.services.maxBytes(service)
  }

  capacity(): Capacity {
    return this.#parts.services.capacity()
  }
}

async function* chunkOf(body: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  yield body
}
