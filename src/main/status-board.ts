import type { Allowance, Reason } from '../shared/schema/allowance.ts'
import type { Capabilities } from '../shared/schema/capabilities.ts'
import type { LedgerSnapshot } from '../shared/schema/contribution.ts'
import type { JobsSnapshot } from '../shared/schema/job.ts'
import type { RoutingStatistics } from '../shared/schema/routing.ts'
import type { ServiceStatus } from '../shared/schema/service.ts'
import type { Settings } from '../shared/schema/settings.ts'
import type { Activity, Counters, Status } from '../shared/schema/status.ts'
import { type Milliseconds, millisecond } from '../shared/units.ts'
import type { Clock, StopTimer } from './clock.ts'
import type { Startable } from './lifecycle.ts'
import { LiveValue } from './live-value.ts'
import type { Facts } from './resources/facts.ts'
import type { MachineLoad } from './resources/load-sampler.ts'

/** Changes within this time of each other are shown as one. */
const gatherMs = 150 * millisecond

export interface ActivityFacts {
  donating: boolean
  allowance: Allowance
  services: ServiceStatus[]
  /** Jobs being served here. */
  serving: number
  /** The node is about to stop. */
  draining: boolean
  peers: number
  nextTryAt?: number | undefined
}

/** What the node is doing, for the sentence that says why nothing, or something, runs. */
export function activityOf(facts: ActivityFacts): Activity {
  const { allowance } = facts
  if (facts.draining) return { kind: 'stopping', jobs: facts.serving }
  if (!facts.donating) return facts.serving > 0 ? { kind: 'stopping', jobs: facts.serving } : { kind: 'off' }
  if (allowance.reason.kind === 'finishing') return { kind: 'stopping', jobs: facts.serving }
  if (allowance.reason.kind === 'paused') return allowance.reason
  if (allowance.mode === 'halt' || allowance.mode === 'drain')
    return waiting(allowance.reason, allowance.until, facts.serving)
  if (facts.serving > 0) return { kind: 'working', jobs: facts.serving }
  if (onlyGpuIsMissing(facts.services)) {
    const { reason } = allowance.gpu
    return waiting(reason, reason.kind === 'gpu-paused' ? reason.until : undefined, facts.serving)
  }
  if (facts.services.every(service => service.unavailable !== undefined)) return { kind: 'no-service' }
  if (facts.peers > 0) return { kind: 'ready' }
  return { kind: 'alone', ...(facts.nextTryAt === undefined ? {} : { nextTryAt: facts.nextTryAt }) }
}

function waiting(reason: Reason, until: Milliseconds | undefined, jobs: number): Activity {
  return { kind: 'waiting', reason, jobs, ...(until === undefined ? {} : { until }) }
}

/** Nothing can run, and something could if graphics cards were free. */
function onlyGpuIsMissing(services: ServiceStatus[]): boolean {
  const reasons = services.map(service => service.unavailable?.kind)
  return !reasons.includes(undefined) && reasons.includes('gpu-paused')
}

export function servingCount({ jobs }: JobsSnapshot): number {
  return jobs.filter(job => job.role !== 'requested' && (job.state === 'running' || job.state === 'queued')).length
}

/** Where the parts of a status come from. */
export interface StatusSources {
  settings: LiveValue<Settings>
  allowance: LiveValue<Allowance>
  services: LiveValue<ServiceStatus[]>
  ledger: LiveValue<LedgerSnapshot>
  jobs: LiveValue<JobsSnapshot>
  join: LiveValue<{ peers: number; nextTryAt?: number }>
  load: LiveValue<MachineLoad>
  facts: LiveValue<Pick<Facts, 'cpuTemperature' | 'cards'>>
  hardware: LiveValue<{ capabilities: Capabilities; cpuModel: string }>
  self(): Status['self']
  counters(): Counters
  routing(): RoutingStatistics
  announcedLoad(): number
  draining(): boolean
}

/** Puts the status together from the parts of the node, again whenever one of them changes. */
export class StatusBoard implements Startable {
  readonly status: LiveValue<Status>
  readonly #sources: StatusSources
  readonly #clock: Clock
  #unsubscribe: (() => void)[] = []
  #stopTimer: StopTimer | undefined
  #running = false

  constructor({ sources, clock }: { sources: StatusSources; clock: Clock }) {
    this.#sources = sources
    this.#clock = clock
    this.status = new LiveValue(this.#read())
  }

  start(): void {
    const { settings, allowance, services, ledger, jobs, join, load, hardware } = this.#sources
    const changed = () => {
      this.#stopTimer ??= this.#clock.after(gatherMs, () => this.#publish())
    }
    this.#running = true
    this.#unsubscribe = [settings, services, ledger, jobs, join, load, hardware].map(source =>
      source.subscribe(changed),
    )
    // At once: whoever pauses a node and asks for its status is told of the pause.
    this.#unsubscribe.push(allowance.subscribe(() => this.#publish()))
    this.#publish()
  }

  stop(): void {
    this.#running = false
    for (const unsubscribe of this.#unsubscribe) unsubscribe()
    this.#stopTimer?.()
    this.#publish()
  }

  #publish(): void {
    this.#stopTimer = undefined
    this.status.set(this.#read())
  }

  #read(): Status {
    const { settings, allowance, services, ledger, jobs, join, load, facts, hardware, ...sources } = this.#sources
    const { cpuTemperature, cards } = facts.get()
    const { donating, consent } = settings.get()
    const { peers, nextTryAt } = join.get()
    const serving = servingCount(jobs.get())
    return {
      self: sources.self(),
      donating,
      consent,
      activity: this.#running
        ? activityOf({
            donating,
            allowance: allowance.get(),
            services: services.get(),
            serving,
            draining: sources.draining(),
            peers,
            nextTryAt,
          })
        : { kind: 'starting' },
      allowance: allowance.get(),
      counters: sources.counters(),
      routing: sources.routing(),
      load: {
        ...load.get(),
        ...(cpuTemperature.known ? { celsius: cpuTemperature.value } : {}),
        cards: cards.known ? [...cards.value] : [],
        announced: sources.announcedLoad(),
      },
      capabilities: hardware.get().capabilities,
      cpuModel: hardware.get().cpuModel,
      services: services.get(),
      ledger: ledger.get(),
    }
  }
}
