import { type CpuInfo, cpus, freemem, totalmem } from 'node:os'
import type { LoadSample } from '../../shared/schema/status.ts'
import { MiB, type Milliseconds, second } from '../../shared/units.ts'
import type { Clock, StopTimer } from '../clock.ts'
import type { Startable } from '../lifecycle.ts'
import { LiveValue } from '../live-value.ts'

/** How busy the machine is; what the node announces of it is decided elsewhere. */
export type MachineLoad = Omit<LoadSample, 'announced' | 'cards' | 'celsius'>

/** Processor time since boot, in milliseconds summed over all cores. */
export interface CpuTimes {
  busyMs: number
  totalMs: number
}

export function cpuTimesOf(cores: readonly Pick<CpuInfo, 'times'>[]): CpuTimes {
  const sum = { busyMs: 0, totalMs: 0 }
  for (const { times } of cores) {
    const busyMs = times.user + times.nice + times.sys + times.irq
    sum.busyMs += busyMs
    sum.totalMs += busyMs + times.idle
  }
  return sum
}

/** Share of all cores that was busy between two readings; undefined when no time passed or counters started anew. */
export function cpuShare(before: CpuTimes, after: CpuTimes): number | undefined {
  const totalMs = after.totalMs - before.totalMs
  const busyMs = after.busyMs - before.busyMs
  return totalMs <= 0 || busyMs < 0 ? undefined : Math.min(1, busyMs / totalMs)
}

/** What the sampler reads of the machine. */
export interface LoadSources {
  cpuTimes(): CpuTimes
  freeMemory(): number
  totalMemory(): number
}

const operatingSystem: LoadSources = {
  cpuTimes: () => cpuTimesOf(cpus()),
  freeMemory: freemem,
  totalMemory: totalmem,
}

export interface LoadSamplerInit {
  /** Default 1 s. */
  intervalMs?: Milliseconds
  /** Weight of the newest reading in the smoothed CPU share, 0 to 1. Default 0.3: a step shows to two thirds in 3 s. */
  newestWeight?: number
  /** Default: the operating system's own figures. */
  sources?: LoadSources
}

/** Reads CPU and memory in use once a second; costs a few microseconds a core. */
export class LoadSampler implements Startable {
  readonly load: LiveValue<MachineLoad>
  readonly #clock: Clock
  readonly #intervalMs: Milliseconds
  readonly #newestWeight: number
  readonly #sources: LoadSources
  #times: CpuTimes
  #stopTimer: StopTimer = () => undefined

  constructor({ clock }: { clock: Clock }, init: LoadSamplerInit = {}) {
    this.#clock = clock
    this.#intervalMs = init.intervalMs ?? second
    this.#newestWeight = init.newestWeight ?? 0.3
    this.#sources = init.sources ?? operatingSystem
    this.#times = this.#sources.cpuTimes()
    this.load = new LiveValue(this.#sample(0))
  }

  start(): void {
    this.#times = this.#sources.cpuTimes()
    this.#stopTimer = this.#clock.every(this.#intervalMs, () => this.#tick())
  }

  stop(): void {
    this.#stopTimer()
  }

  #tick(): void {
    const times = this.#sources.cpuTimes()
    const newest = cpuShare(this.#times, times)
    this.#times = times
    const { cpu } = this.load.get()
    this.load.set(this.#sample(newest === undefined ? cpu : cpu + this.#newestWeight * (newest - cpu)))
  }

  #sample(cpu: number): MachineLoad {
    const total = this.#sources.totalMemory()
    return {
      at: this.#clock.now(),
      cpu,
      memoryUsedMiB: Math.round((total - this.#sources.freeMemory()) / MiB),
      memoryTotalMiB: Math.round(total / MiB),
    }
  }
}
