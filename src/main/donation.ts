import { RmaError } from '../shared/errors.ts'
import type { Allowance, Mode } from '../shared/schema/allowance.ts'
import type { Capabilities } from '../shared/schema/capabilities.ts'
import type { GpuPause, Override } from '../shared/schema/limits.ts'
import type { ServiceStatus } from '../shared/schema/service.ts'
import type { Settings } from '../shared/schema/settings.ts'
import type { WorkerRecord, WorkerState } from '../shared/schema/worker.ts'
import type { Milliseconds } from '../shared/units.ts'
import { choicesOf } from './announced-choices.ts'
import type { Clock } from './clock.ts'
import type { SettingsStore } from './config/settings-store.ts'
import type { Startable } from './lifecycle.ts'
import type { LiveValue } from './live-value.ts'
import type { Logger } from './log.ts'
import type { Capacity } from './service-request.ts'

/** What a worker says of itself, but for the numbering and dating that the announcer adds. */
export type WorkerDraft = Omit<WorkerRecord, 'seq' | 'issuedAt' | 'expiresAt'>

export interface DonationFacts {
  donating: boolean
  mode: Mode
  services: ServiceStatus[]
  capabilities: Capabilities
  capacity: Capacity
  addresses: string[]
  location: string | undefined
  /** Where clients without a node reach this one over https. */
  tunnelUrl?: string | undefined
  /** This node's address in the VPN. */
  vpnIp?: string | undefined
  /** It relays for those that others cannot reach. */
  relays?: boolean
}

/** What to announce; undefined when there is nothing to offer. A coordinator is there to be found whether it donates or not. */
export function draftOf(facts: DonationFacts): WorkerDraft | undefined {
  const able = facts.services.filter(service => service.unavailable === undefined).map(service => service.type)
  const offered = facts.donating ? able : []
  if (offered.length === 0 && facts.capabilities.workerType !== 'coordinator') return undefined
  const draft: WorkerDraft = {
    services: offered,
    capabilities: facts.capabilities,
    load: facts.capacity.load,
    queue: facts.capacity.queue,
    state: offered.length === 0 ? 'paused' : stateOf[facts.mode],
    addresses: facts.addresses.slice(0, 16),
    ...(facts.vpnIp === undefined ? {} : { vpnIp: facts.vpnIp }),
    ...(facts.tunnelUrl === undefined ? {} : { tunnelUrl: facts.tunnelUrl }),
    ...(facts.location === undefined ? {} : { location: facts.location }),
    ...(facts.relays === true ? { relays: true } : {}),
  }
  const room = mostRecordBytes - Buffer.byteLength(JSON.stringify(draft))
  const offering = facts.services.filter(({ type }) => offered.includes(type))
  const choices = choicesOf(offering, Math.max(0, Math.min(mostChoiceBytes, room)))
  return choices.length === 0 ? draft : { ...draft, choices }
}

/** Of the 4 KiB of a record what is left beside signature, key and times. */
const mostRecordBytes = 3_700
/** What may be chosen from is no more than this of it. */
const mostChoiceBytes = 1_200

const stateOf: Record<Mode, WorkerState> = { work: 'donating', slow: 'donating', drain: 'draining', halt: 'paused' }

export interface DonationComponents {
  settings: SettingsStore
  /** What the node may do now; whoever decides it has told the services already. */
  allowance: LiveValue<Allowance>
  services: {
    readonly status: LiveValue<ServiceStatus[]>
    configure(services: Settings['services']): void
    capacity(): Capacity
  }
  announcer: { update(draft: WorkerDraft): void; leave(): Promise<void> }
  capabilities: LiveValue<Capabilities>
  /** The host's addresses, and when they may have changed. */
  addresses: { get(): string[]; onChange(listener: () => void): () => void }
  clock: Clock
  log: Logger
}

export interface DonationInit {
  location: () => string | undefined
  tunnelUrl: () => string | undefined
  vpnIp: () => string | undefined
  relays: () => boolean
}

/** What the owner wants done now. */
type Wish = Partial<Pick<Settings, 'finishing'>> & { [part in 'override' | 'gpuPause']?: Settings[part] | undefined }

/** Announces what the owner lets this node offer, and takes their wishes. */
export class Donation implements Startable {
  readonly #parts: DonationComponents
  readonly #init: DonationInit
  readonly #log: Logger
  #unsubscribe: (() => void)[] = []
  #leaving: Promise<void> = Promise.resolve()
  #announcedMode: Mode | undefined

  constructor(components: DonationComponents, init: DonationInit) {
    this.#parts = components
    this.#init = init
    this.#log = components.log.child({ component: 'donation' })
  }

  start(): void {
    const { settings, allowance, services, capabilities, addresses } = this.#parts
    const announce = () => this.#announce()
    this.#unsubscribe = [
      settings.settings.subscribe(() => this.#apply()),
      allowance.subscribe(() => this.#announceMode()),
      services.status.subscribe(announce),
      capabilities.subscribe(announce),
      addresses.onChange(announce),
    ]
    this.#apply()
  }

  /** Takes this node out of the directory; jobs under way go on until the service host stops. */
  async stop(): Promise<void> {
    for (const unsubscribe of this.#unsubscribe) unsubscribe()
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
    const change = donating ? settings.change : settings.changeAtOnce
    await change.call(settings, current => ({
      ...current,
      donating,
      finishing: false,
      consent: current.consent || (donating && consent),
    }))
    if (before !== donating) this.#log.info(donating ? 'donating' : 'no longer donating')
  }

  /** Finishes what runs, then switches donating off. */
  async finish(): Promise<void> {
    await this.#wish(current => ({ finishing: current.donating }))
  }

  /** Stops all work at once, for a while or until the owner resumes. */
  async pause(forMs?: Milliseconds): Promise<void> {
    await this.#override('pause', forMs)
  }

  /** Works although rules would hold it up, for a while or until the owner resumes the rules. */
  async workAnyway(forMs?: Milliseconds): Promise<void> {
    await this.#override('run', forMs)
  }

  /** Ends a pause, or leave to work anyway, or the wish to stop when all is finished. */
  async resume(): Promise<void> {
    await this.#wish(() => ({ override: undefined, finishing: false }))
  }

  /** Stops work on graphics cards alone, for a while or until the owner resumes it; a pause of all goes on beside it. */
  async pauseGpu(forMs?: Milliseconds): Promise<void> {
    await this.#wish(() => ({ gpuPause: this.#from(forMs) }))
  }

  async resumeGpu(): Promise<void> {
    await this.#wish(() => ({ gpuPause: undefined }))
  }

  async #override(kind: Override['kind'], forMs: Milliseconds | undefined): Promise<void> {
    await this.#wish(() => ({ override: { kind, ...this.#from(forMs) } }))
  }

  /** From now on, for a while or without an end. */
  #from(forMs: Milliseconds | undefined): GpuPause {
    const since = this.#parts.clock.now()
    return { since, ...(forMs === undefined ? {} : { until: since + Math.round(forMs) }) }
  }

  async #wish(wish: (current: Settings) => Wish): Promise<void> {
    await this.#parts.settings.changeAtOnce(current => {
      const { override, gpuPause, ...next } = { ...current, ...wish(current) }
      return {
        ...next,
        ...(override === undefined ? {} : { override }),
        ...(gpuPause === undefined ? {} : { gpuPause }),
      }
    })
  }

  #apply(): void {
    const { settings, services } = this.#parts
    services.configure(settings.settings.get().services)
    this.#announce()
  }

  #announceMode(): void {
    const { mode } = this.#parts.allowance.get()
    if (mode === this.#announcedMode) return
    this.#announcedMode = mode
    this.#announce()
  }

  #announce(): void {
    const { settings, allowance, services, capabilities, addresses, announcer } = this.#parts
    const draft = draftOf({
      donating: settings.settings.get().donating,
      mode: allowance.get().mode,
      services: services.status.get(),
      capabilities: capabilities.get(),
      capacity: services.capacity(),
      addresses: addresses.get(),
      location: this.#init.location(),
      tunnelUrl: this.#init.tunnelUrl(),
      vpnIp: this.#init.vpnIp(),
      relays: this.#init.relays(),
    })
    if (draft !== undefined) announcer.update(draft)
    else
      this.#leaving = announcer.leave().catch(error => this.#log.warn({ err: error }, 'could not tell all registrars'))
  }
}
