import { isDeepStrictEqual } from 'node:util'
import type { ServiceType } from '../../../shared/schema/primitives.ts'
import type { UpstreamSettings } from '../../../shared/schema/service-settings.ts'
import type { Settings } from '../../../shared/schema/settings.ts'
import type { ServiceDefinition } from '../service-definition.ts'
import { upstream } from './upstream.ts'

interface Defined {
  settings: UpstreamSettings
  definition: ServiceDefinition
}

/** The services that servers of the donor's do: the same definition as long as its settings are the same. */
export class OwnServers {
  readonly #machine: { vramMiB: () => number }
  #defined = new Map<ServiceType, Defined>()

  constructor(machine: { vramMiB: () => number }) {
    this.#machine = machine
  }

  definitions(services: Settings['services']): ServiceDefinition[] {
    const before = this.#defined
    this.#defined = new Map(
      Object.entries(services).flatMap(([type, { upstream: settings }]) => {
        if (settings === undefined) return []
        const known = before.get(type)
        const isSame = known !== undefined && isDeepStrictEqual(known.settings, settings)
        return [[type, isSame ? known : { settings, definition: upstream(type, settings, this.#machine) }]]
      }),
    )
    return [...this.#defined.values()].map(({ definition }) => definition)
  }
}
