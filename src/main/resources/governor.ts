import type { Allowance } from '../../shared/schema/allowance.ts'
import type { GpuPause, Limits } from '../../shared/schema/limits.ts'
import type { Settings } from '../../shared/schema/settings.ts'
import { type Milliseconds, second } from '../../shared/units.ts'
import type { Clock, StopTimer } from '../clock.ts'
import type { Startable } from '../lifecycle.ts'
import { LiveValue } from '../live-value.ts'
import type { Logger } from '../log.ts'
import type { ServiceOrder } from '../services/service-host.ts'
import type { Facts } from './facts.ts'
import { decide, foresee, initialPolicy, type PolicyState } from './policy/policy.ts'
import type { Machine } from './policy/rule.ts'

const tickMs = second

/** Memory is handed out in steps of this, so that not every change of what other programs hold is one for services. */
const memoryStepMiB = 128

/** How busy graphics cards are is told in steps of this. */
const busyStep = 0.1

/** The clock was turned back when it shows less than a pause's beginning by more than this. */
const clockSlackMs = 5 * second

export interface GovernorComponents {
  settings: {
    readonly settings: LiveValue<Settings>
    changeAtOnce(change: (settings: Settings) => Settings): Promise<Settings>
  }
  facts: LiveValue<Facts>
  services: { govern(order: ServiceOrder): void; readonly jobs: number; readonly leastJobMiB: number }
  clock: Clock
  log: Logger
}

export interface GovernorInit {
  machine: () => Pick<Machine, 'cpuThreads' | 'memoryMiB' | 'attended'>
  /** Bytes of documents and answers in this calendar month. */
  monthBytes: () => number
  /** The machine does nothing else: rules that keep it free for its owner are not in force. */
  dedicated: boolean
  /** Bounds of this run, whatever the settings say. */
  bandwidth?: Bandwidth
}

export type Bandwidth = Pick<Limits['network'], 'downKibPerSecond' | 'upKibPerSecond'>

/** Keeps the machine its owner's: looks at the facts, decides by the policy, and puts the allowance into force. */
export class Governor implements Startable {
  readonly allowance: LiveValue<Allowance>
  readonly #parts: GovernorComponents
  readonly #init: GovernorInit
  readonly #log: Logger
  #state: PolicyState = initialPolicy
  #order = ''
  #unsubscribe: (() => void)[] = []
  #stopTimer: StopTimer = () => undefined

  constructor(components: GovernorComponents, init: GovernorInit) {
    this.#parts = components
    this.#init = init
    this.#log = components.log.child({ component: 'governor' })
    this.allowance = new LiveValue(this.#decide())
  }

  start(): void {
    const { settings, facts, clock } = this.#parts
    const look = () => this.#look()
    this.#unsubscribe = [settings.settings.subscribe(look), facts.subscribe(look)]
    this.#stopTimer = clock.every(tickMs, look)
    this.#order = ''
    this.#look()
  }

  stop(): void {
    this.#stopTimer()
    for (const unsubscribe of this.#unsubscribe) unsubscribe()
    this.#unsubscribe = []
  }

  /** What the node might do now under other limits, were Donate Compute on and nothing paused; again on each change. */
  async *preview(limits: Limits, signal?: AbortSignal): AsyncGenerator<Allowance, void, void> {
    let said = ''
    for await (const facts of this.#parts.facts.watch(signal)) {
      const allowance = foresee({
        wishes: { donating: true, finishing: false, limits: this.#inForce(limits) },
        facts,
        machine: this.#machine(),
        now: this.#parts.clock.now(),
      })
      const text = JSON.stringify(allowance)
      if (text !== said) yield allowance
      said = text
    }
  }

  #look(): void {
    this.#settleWishes()
    const before = this.allowance.get()
    const allowance = this.#decide()
    this.#enforce(allowance)
    if (JSON.stringify(allowance) !== JSON.stringify(before)) this.allowance.set(allowance)
    if (allowance.mode !== before.mode || allowance.reason.kind !== before.reason.kind) {
      this.#log.info({ mode: allowance.mode, reason: allowance.reason }, 'what this node may do has changed')
    }
  }

  #decide(): Allowance {
    const { settings, facts, clock } = this.#parts
    const { limits, ...wishes } = settings.settings.get()
    const { state, allowance } = decide(this.#state, {
      wishes: { ...wishes, limits: this.#inForce(limits) },
      facts: facts.get(),
      machine: this.#machine(),
      now: clock.now(),
    })
    this.#state = state
    return allowance
  }

  #inForce(limits: Limits): Limits {
    const { dedicated, bandwidth } = this.#init
    const bounded = { ...limits, network: { ...limits.network, ...bandwidth } }
    return dedicated ? dedicatedLimits(bounded) : bounded
  }

  #machine(): Machine {
    const { machine, monthBytes } = this.#init
    return { ...machine(), leastJobMiB: this.#parts.services.leastJobMiB, monthBytes: monthBytes() }
  }

  #enforce(allowance: Allowance): void {
    const order = orderOf(allowance, this.#parts.facts.get())
    const text = JSON.stringify(order)
    if (text === this.#order) return
    this.#order = text
    this.#parts.services.govern(order)
  }

  /** Brings to an end what was wanted until now, and follows a clock that was turned back. */
  #settleWishes(): void {
    const { settings, services, clock } = this.#parts
    const hasFinished = () => this.allowance.get().reason.kind === 'finishing' && services.jobs === 0
    const settle = (wishes: Settings) => settledWishes(wishes, hasFinished(), clock.now())
    const wishes = settings.settings.get()
    if (settle(wishes) === wishes) return
    // The owner may have chosen something else by the time it is this change's turn.
    void settings.changeAtOnce(settle)
  }
}

/** What the services are told of an allowance, and of the machine they run on. */
export function orderOf({ mode, jobs, memoryMiB, gpu }: Allowance, { cards }: Pick<Facts, 'cards'>): ServiceOrder {
  const busy = cards.known ? cards.value.flatMap(card => card.busy ?? []) : []
  return {
    accepting: mode === 'work' || mode === 'slow' ? 'everybody' : 'nobody',
    underWay: mode === 'halt' ? 'hand-back' : 'finish',
    jobs,
    memoryMiB: Math.floor(memoryMiB / memoryStepMiB) * memoryStepMiB,
    gpu: gpu.use,
    // A job takes the card that is least busy.
    ...(busy.length === 0 ? {} : { gpuBusy: Math.round(Math.min(...busy) / busyStep) * busyStep }),
  }
}

/** What is wanted now: `wishes` themselves while all of them still count. */
function settledWishes(wishes: Settings, hasFinished: boolean, now: Milliseconds): Settings {
  const { override: _, gpuPause: __, ...current } = wishes
  const finished = wishes.finishing && (!wishes.donating || hasFinished)
  const override = settledSpan(wishes.override, now)
  const gpuPause = settledSpan(wishes.gpuPause, now)
  if (!finished && override === wishes.override && gpuPause === wishes.gpuPause) return wishes
  return {
    ...current,
    ...(finished ? { donating: false, finishing: false } : {}),
    ...(override === undefined ? {} : { override }),
    ...(gpuPause === undefined ? {} : { gpuPause }),
  }
}

/** A pause or the like as it counts now: gone when its time is up, as long from now when the clock was turned back. */
export function settledSpan<T extends GpuPause>(span: T | undefined, now: Milliseconds): T | undefined {
  if (span?.until === undefined) return span
  if (now >= span.until) return undefined
  if (now >= span.since - clockSlackMs) return span
  return { ...span, since: now, until: now + span.until - span.since }
}

/** The owner keeps nothing back; what protects the machine or costs money stays. */
export function dedicatedLimits(limits: Limits): Limits {
  return {
    ...limits,
    whileInUse: { ...limits.whileInUse, cpu: 'run', gpu: 'run' },
    otherPrograms: { graceSeconds: limits.otherPrograms.graceSeconds },
    memory: { inUse: 1, idle: 1 },
    vramKeptFreeMiB: 0,
  }
}
