import { availableParallelism, cpus, totalmem } from 'node:os'
import { cpu, graphics } from 'systeminformation'
import { z } from 'zod'
import { safeParse } from '../../shared/safe-parse.ts'
import type { Capabilities, WorkerType } from '../../shared/schema/capabilities.ts'
import type { OwnGpu } from '../../shared/schema/hardware.ts'
import { MiB, type Milliseconds, second } from '../../shared/units.ts'
import type { Clock } from '../clock.ts'
import type { Startable } from '../lifecycle.ts'
import { LiveValue } from '../live-value.ts'
import type { Logger } from '../log.ts'
import { announcedGpu, controllerSchema, gpusOf, plainText } from './gpus.ts'

/** What this machine is. */
export interface Hardware {
  capabilities: Capabilities
  cpuModel: string
  /** Its cards, with what is not announced of them. */
  gpus: OwnGpu[]
  /** When the last look at it ended; missing before the first has. */
  probedAt?: Milliseconds
}

/** Where facts beyond Node's own come from; each may be slow, wrong or missing. */
export interface HardwareSources {
  cpu(): Promise<unknown>
  graphics(): Promise<unknown>
}

export interface HardwareProbeInit {
  workerType: WorkerType
  /** Default: systeminformation. */
  sources?: HardwareSources
  /** How long one source may take. Default 10 s. */
  timeoutMs?: Milliseconds
  /** Calls `probe` when the machine may have become another, as after sleep; returns how to stop. */
  onChange?: (probe: () => void) => () => void
}

const cpuSchema = z.object({ manufacturer: z.string(), brand: z.string() })
const graphicsSchema = z.object({ controllers: z.array(z.unknown()).max(256) })

/**
 * Finds out what this machine is. What Node knows is there at once; systeminformation asks vendors' tools, which may
 * take seconds or hang, so its answers refine the value later and never hold up the start.
 */
export class HardwareProbe implements Startable {
  readonly hardware: LiveValue<Hardware>
  readonly #clock: Clock
  readonly #log: Logger
  readonly #sources: HardwareSources
  readonly #timeoutMs: Milliseconds
  readonly #onChange: NonNullable<HardwareProbeInit['onChange']>
  #stopWatching: () => void = () => undefined
  #probing: Promise<void> | undefined
  #probed = false

  constructor(components: { clock: Clock; log: Logger }, init: HardwareProbeInit) {
    this.#clock = components.clock
    this.#log = components.log
    this.#sources = init.sources ?? { cpu, graphics }
    this.#timeoutMs = init.timeoutMs ?? 10 * second
    this.#onChange = init.onChange ?? (() => () => undefined)
    this.hardware = new LiveValue<Hardware>(knownAtOnce(init.workerType))
  }

  /** Starts the first probe in the background; a second start keeps what is known. */
  start(): void {
    this.#stopWatching = this.#onChange(() => void this.probe())
    if (!this.#probed) void this.probe()
  }

  /** A probe under way ends by its own time limit and touches nothing but the value. */
  stop(): void {
    this.#stopWatching()
  }

  /** Asks the machine again; resolves when every source has answered or run out of time. */
  probe(): Promise<void> {
    this.#probing ??= this.#probe().finally(() => {
      this.#probing = undefined
    })
    return this.#probing
  }

  async #probe(): Promise<void> {
    const [processor, display] = await Promise.all([
      this.#ask('cpu', () => this.#sources.cpu(), cpuSchema),
      this.#ask('graphics', () => this.#sources.graphics(), graphicsSchema),
    ])
    this.#probed = true
    this.hardware.update(({ capabilities, cpuModel, gpus: before }) => {
      const gpus = display
        ? gpusOf(display.controllers.flatMap(each => safeParse(controllerSchema, each).data ?? []))
        : before
      const { cpuThreads, memoryMiB } = countedAtOnce()
      return {
        cpuModel: processor ? plainText(`${processor.manufacturer} ${processor.brand}`) || cpuModel : cpuModel,
        capabilities: { ...capabilities, cpuThreads, memoryMiB, gpus: gpus.map(announcedGpu) },
        gpus,
        probedAt: this.#clock.now(),
      }
    })
  }

  /** The source's answer, or undefined when it fails, is late or makes no sense. */
  async #ask<T>(source: string, ask: () => Promise<unknown>, schema: z.ZodType<T>): Promise<T | undefined> {
    const late = Promise.withResolvers<never>()
    const stopTimer = this.#clock.after(this.#timeoutMs, () => {
      late.reject(new Error(`no answer within ${this.#timeoutMs} ms`))
    })
    try {
      return schema.parse(await Promise.race([ask(), late.promise]))
    } catch (error) {
      this.#log.warn({ source, err: error }, 'a hardware probe failed; going on without it')
      return undefined
    } finally {
      stopTimer()
    }
  }
}

function knownAtOnce(workerType: WorkerType): Hardware {
  return {
    cpuModel: plainText(cpus()[0]?.model ?? '') || 'unknown',
    capabilities: { workerType, ...countedAtOnce(), gpus: [] },
    gpus: [],
  }
}

/** Virtual machines and containers are given more, or less, while they run. */
function countedAtOnce(): Pick<Capabilities, 'cpuThreads' | 'memoryMiB'> {
  return { cpuThreads: availableParallelism(), memoryMiB: usableMemoryMiB() }
}

/** The machine's memory in MiB, or less where a container or service manager limits this process. */
function usableMemoryMiB(): number {
  const constrained = process.constrainedMemory()
  const bytes = constrained > 0 ? Math.min(constrained, totalmem()) : totalmem()
  return Math.max(1, Math.round(bytes / MiB))
}
