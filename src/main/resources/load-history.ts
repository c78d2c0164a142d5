import { keptLoadPoints, type LoadPoint } from '../../shared/schema/load.ts'
import type { ServiceStatus } from '../../shared/schema/service.ts'
import type { GraphicsCard } from '../../shared/schema/status.ts'
import { second } from '../../shared/units.ts'
import type { Startable } from '../lifecycle.ts'
import { LiveValue } from '../live-value.ts'
import type { Facts } from './facts.ts'
import type { MachineLoad } from './load-sampler.ts'

export interface LoadHistoryComponents {
  /** Sets the pace: one point for each change. */
  load: LiveValue<MachineLoad>
  facts: LiveValue<Pick<Facts, 'cpuTemperature' | 'cards'>>
  services: LiveValue<Pick<ServiceStatus, 'running' | 'waiting'>[]>
  /** Counts up what passes between this node and others. */
  traffic: Readonly<{ bytesIn: number; bytesOut: number }>
}

/** The load of the last minutes, second by second, in memory: a page that opens late sees what came before. */
export class LoadHistory implements Startable {
  readonly #parts: LoadHistoryComponents
  readonly #points: LoadPoint[] = []
  readonly #written = new LiveValue(0)
  #before: { at: number; bytesIn: number; bytesOut: number } | undefined
  #unsubscribe: () => void = () => undefined

  constructor(components: LoadHistoryComponents) {
    this.#parts = components
  }

  start(): void {
    this.#unsubscribe = this.#parts.load.subscribe(load => this.#add(load))
  }

  stop(): void {
    this.#unsubscribe()
    this.#before = undefined
  }

  /** The kept points at once, even when there are none, then new ones as they come. */
  async *watch(signal?: AbortSignal): AsyncGenerator<LoadPoint[], void, void> {
    let seen = 0
    for await (const written of this.#written.watch(signal)) {
      const fresh = Math.min(written - seen, this.#points.length)
      yield fresh === 0 ? [] : this.#points.slice(-fresh)
      seen = written
    }
  }

  #add(load: MachineLoad): void {
    const { facts, services, traffic } = this.#parts
    const { cpuTemperature, cards } = facts.get()
    const before = this.#before ?? { at: load.at - second, ...traffic }
    // A clock that was turned back has measured nothing.
    const seconds = load.at > before.at ? (load.at - before.at) / second : 1
    const lanes = services.get()
    this.#points.push({
      at: load.at,
      cpu: load.cpu,
      memoryUsedMiB: load.memoryUsedMiB,
      ...(cpuTemperature.known ? { celsius: cpuTemperature.value } : {}),
      cards: cards.known ? cards.value.map(cardPoint) : [],
      bytesIn: Math.round((traffic.bytesIn - before.bytesIn) / seconds),
      bytesOut: Math.round((traffic.bytesOut - before.bytesOut) / seconds),
      running: lanes.reduce((sum, lane) => sum + lane.running, 0),
      waiting: lanes.reduce((sum, lane) => sum + lane.waiting, 0),
    })
    this.#before = { at: load.at, bytesIn: traffic.bytesIn, bytesOut: traffic.bytesOut }
    if (this.#points.length > keptLoadPoints) this.#points.shift()
    this.#written.set(this.#written.get() + 1)
  }
}

function cardPoint({ busy, freeMiB, totalMiB, celsius }: GraphicsCard): LoadPoint['cards'][number] {
  return {
    ...(busy === undefined ? {} : { busy }),
    ...(freeMiB === undefined || totalMiB === undefined ? {} : { usedMiB: Math.max(0, totalMiB - freeMiB) }),
    ...(celsius === undefined ? {} : { celsius }),
  }
}
