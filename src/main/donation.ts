import { RmaError } from '../shared/errors.ts'
import type { Capabilities } from '../shared/schema/capabilities.ts'
import type { ServiceStatus } from '../shared/schema/service.ts'
import type { Settings } from '../shared/schema/settings.ts'
import type { WorkerRecord } from '../shared/schema/worker.ts'
import type { SettingsStore } from './config/settings-store.ts'
import type { Startable } from './lifecycle.ts'
import type { LiveValue } from './live-value.ts'
import type { Logger } from './log.ts'
import type { Capacity } from './service-request.ts'

/** What a worker says of itself, but for the numbering and dating that the announcer adds. */
export type WorkerDraft = Omit<WorkerRecord, 'seq' | 'issuedAt' | 'expiresAt'>

export interface DonationFacts {
  donating: boolean
  services: ServiceStatus[]
  capabilities: Capabilities
  capacity: Capacity
  addresses: string[]
  location: string | undefined
}

/** What to announce; undefined when there is nothing to offer. */
export function draftOf(facts: DonationFacts): WorkerDraft | undefined {
  const offered = facts.services.filter(service => service.unavailable === undefined).map(service => service.type)
  if (!facts.donating || offered.length === 0) return undefined
  return {
    services: offered,
    capabilities: facts.capabilities,
    load: facts.capacity.load,
    queue: facts.capacity.queue,
    state: 'donating',
    addresses: facts.addresses.slice(0, 16),
    ...(facts.location === undefined ? {} : { location: facts.location }),
  }
}

export interface DonationComponents {
  settings: SettingsStore
  services: {
    readonly status: LiveValue<ServiceStatus[]>
    setAccepting(accepting: 'nobody' | 'everybody'): void
    configure(services: Settings['services']): void
    capacity(): Capacity
  }
  announcer: { update(draft: WorkerDraft): void; leave(): Promise<void> }
  capabilities: LiveValue<Capabilities>
  /** The host's addresses, and when they may have changed. */
  addresses: { get(): string[]; onChange(listener: () => void): () => void }
  log: Logger
}

/** Turns the owner's wish to donate into what this node accepts and announces. */
export class Donation implements Startable {
  readonly #parts: DonationComponents
  readonly #location: () => string | undefined
  readonly #log: Logger
  #unsubscribe: (() => void)[] = []
  #leaving: Promise<void> = Promise.resolve()

  constructor(components: DonationComponents, init: { location: () => string | undefined }) {
    this.#parts = components
    this.#location = init.location
    this.#log = components.log.child({ component: 'donation' })
  }

  start(): void {
    const { settings, services, capabilities, addresses } = this.#parts
    const announce = () => this.#announce()
    this.#unsubscribe = [
      settings.settings.subscribe(() => this.#apply()),
      services.status.subscribe(announce),
      capabilities.subscribe(announce),
      addresses.onChange(announce),
    ]
    this.#apply()
  }

  /** Takes this node out of the directory; jobs under way go on until the service host stops. */
  async stop(): Promise<void> {
    for (const unsubscribe of this.#unsubscribe) unsubscribe()
    this.#parts.services.setAccepting('nobody')
    await this.#leaving
    await this.#parts.announcer.leave()
  }

  /** Rejects with CONSENT_REQUIRED when it is switched on before the owner has agreed. */
  async set(donating: boolean, consent = false): Promise<void> {
    const { settings } = this.#parts
    if (donating && !consent && !settings.settings.get().consent) {
      throw new RmaError(
        'CONSENT_REQUIRED',
        'other people’s prompts and documents will pass through this machine: agree to that first',
      )
    }
    const before = settings.settings.get().donating
    await settings.change(current => ({ ...current, donating, consent: current.consent || (donating && consent) }))
    if (before !== donating) this.#log.info(donating ? 'donating' : 'no longer donating')
  }

  #apply(): void {
    const { settings, services } = this.#parts
    const { donating, services: chosen } = settings.settings.get()
    services.configure(chosen)
    services.setAccepting(donating ? 'everybody' : 'nobody')
    this.#announce()
  }

  #announce(): void {
    const { settings, services, capabilities, addresses, announcer } = this.#parts
    const draft = draftOf({
      donating: settings.settings.get().donating,
      services: services.status.get(),
      capabilities: capabilities.get(),
      capacity: services.capacity(),
      addresses: addresses.get(),
      location: this.#location(),
    })
    if (draft !== undefined) announcer.update(draft)
    else
      this.#leaving = announcer.leave().catch(error => this.#log.warn({ err: error }, 'could not tell all registrars'))
  }
}
