import type { LocalServices, ServiceRequest } from '../../src/main/service-request.ts'
import type { ServiceHost } from '../../src/main/services/service-host.ts'
import type { LightServices } from '../routing/light-services.ts'

/** A worker that does light jobs in its own process and reads pages in engine processes, as a real one does. */
export function readingServices(light: LightServices, host: ServiceHost): LocalServices {
  const of = (service: string): LocalServices => (light.offers(service) ? light : host)
  return {
    offers: service => of(service).offers(service),
    isIdempotent: service => of(service).isIdempotent(service),
    maxBytes: service => of(service).maxBytes(service),
    run: (request: ServiceRequest) => of(request.service).run(request),
    capacity: () => light.capacity(),
  }
}
