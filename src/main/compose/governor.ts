import type { WorkerType } from '../../shared/schema/capabilities.ts'
import type { Milliseconds } from '../../shared/units.ts'
import type { Clock } from '../clock.ts'
import type { NodeConfig } from '../config/node-config.ts'
import type { SettingsStore } from '../config/settings-store.ts'
import type { Lifecycle } from '../lifecycle.ts'
import type { LiveValue } from '../live-value.ts'
import type { Logger } from '../log.ts'
import type { DataMeter } from '../resources/data-meter.ts'
import { FactsSampler } from '../resources/facts-sampler.ts'
import { Governor } from '../resources/governor.ts'
import type { Hardware } from '../resources/hardware.ts'
import { MeteredServices } from '../resources/metered-services.ts'
import { unlessBeside } from '../resources/sensors/other-cpu.ts'
import type { Sensors } from '../resources/sensors/sensor.ts'
import { systemSensors } from '../resources/sensors/system-sensors.ts'
import { Throttle } from '../resources/throttle.ts'
import type { ServiceHost } from '../services/service-host.ts'

export interface GovernorParts {
  settings: SettingsStore
  services: ServiceHost
  hardware: LiveValue<Hardware>
  /** What passes this month, over restarts. */
  meter: DataMeter
  clock: Clock
  lifecycle: Lifecycle
  log: Logger
}

/** What a shell knows of the machine better than the system tells. */
export interface MachineSenses {
  sensors?: Partial<Sensors>
  /** Calls `wake` when something may have changed that is worth an early look; returns how to stop. */
  onWake?: (wake: () => void) => () => void
  /** Calls `resumed` when the machine has slept; returns how to stop. */
  onResume?: (resumed: () => void) => () => void
}

/** Makes what keeps the machine its owner's: sensors, the governor, and the services as requests get to see them. */
export function composeGovernor(
  { settings, services, hardware, meter, clock, lifecycle, log }: GovernorParts,
  init: { config: NodeConfig; workerType: WorkerType; senses?: MachineSenses | undefined },
) {
  const { config, workerType, senses = {} } = init
  const limits = () => settings.settings.get().limits
  const sensors: Sensors = {
    ...systemSensors(
      { clock },
      {
        ...(config.systemRoot === undefined ? {} : { root: config.systemRoot }),
        hasGpu: () => hardware.get().capabilities.gpus.length > 0,
        wantsPrograms: () => limits().programs.length > 0,
        wantsMetered: () => limits().network.pauseWhenMetered,
        beside: () => services.beside,
      },
    ),
    ...senses.sensors,
  }
  const told = senses.sensors?.otherCpu
  if (told !== undefined)
    sensors.otherCpu = unlessBeside(told, () => services.beside.engines || services.beside.servers)
  const sampler = lifecycle.add(
    'sensors',
    new FactsSampler({ sensors, clock, log, ...(senses.onWake === undefined ? {} : { onWake: senses.onWake }) }),
  )
  const governor = lifecycle.add(
    'governor',
    new Governor(
      { settings, facts: sampler.facts, services, clock, log },
      {
        machine: () => {
          const { cpuThreads, memoryMiB } = hardware.get().capabilities
          return { cpuThreads, memoryMiB, attended: workerType === 'desktop' }
        },
        monthBytes: () => meter.monthBytes,
        dedicated: config.dedicated,
        bandwidth: config.bandwidth,
      },
    ),
  )
  const down = new Throttle({ clock }, { bytesPerSecond: () => governor.allowance.get().downBytesPerSecond })
  const up = new Throttle({ clock }, { bytesPerSecond: () => governor.allowance.get().upBytesPerSecond })
  return {
    governor,
    facts: sampler.facts,
    services: new MeteredServices({ services, down, up, meter }),
    bookRelayed(bytes: number): Milliseconds {
      meter.add(bytes)
      // What is relayed comes in and goes out again.
      return Math.max(down.book(bytes), up.book(bytes))
    },
  }
}
