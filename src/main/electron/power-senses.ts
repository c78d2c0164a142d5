import { cpus } from 'node:os'
import { type Milliseconds, second } from '../../shared/units.ts'
import type { MachineSenses } from '../compose/governor.ts'
import { known, unknown } from '../resources/facts.ts'
import { cpuTimesOf } from '../resources/load-sampler.ts'
import { type CpuUse, otherCpuSensor } from '../resources/sensors/other-cpu.ts'
import type { ElectronApi } from './electron-api.ts'

export interface PowerSensesInit {
  platform: NodeJS.Platform
  /** Wayland gives programs no idle time on some desktops: it then stays 0, or counts on while somebody types. */
  wayland: boolean
}

/** What Electron knows of the machine: idle time and power everywhere, processor time where there is no /proc. */
export function powerSenses(
  { powerMonitor, app }: Pick<ElectronApi, 'powerMonitor' | 'app'>,
  { platform, wayland }: PowerSensesInit,
): MachineSenses {
  const trust = new IdleTrust(!wayland)
  const onLinux = platform === 'linux'
  return {
    sensors: {
      idle: {
        everyMs: second,
        read() {
          const idleMs = powerMonitor.getSystemIdleTime() * second
          return trust.believes(idleMs) ? known(idleMs) : unknown('blind')
        },
      },
      // Linux tells the charge as well, and of processes that Electron does not know.
      ...(onLinux
        ? {}
        : {
            power: {
              everyMs: second,
              read: () =>
                known({ source: powerMonitor.isOnBatteryPower() ? ('battery' as const) : ('mains' as const) }),
            },
            otherCpu: otherCpuSensor(() => cpuUse(app)),
          }),
    },
    onResume(resumed) {
      powerMonitor.on('resume', resumed)
      return () => powerMonitor.off('resume', resumed)
    },
    onWake(wake) {
      const events = ['suspend', 'resume', 'on-ac', 'on-battery', 'lock-screen', 'unlock-screen'] as const
      for (const event of events) powerMonitor.on(event, wake)
      return () => {
        for (const event of events) powerMonitor.off(event, wake)
      }
    },
  }
}

/** Whether an idle time can be believed: where it may be blind, only once it has both grown and begun anew. */
export class IdleTrust {
  #grown = false
  #begunAnew = false
  #before: Milliseconds | undefined

  constructor(atOnce: boolean) {
    this.#grown = atOnce
    this.#begunAnew = atOnce
  }

  believes(idleMs: Milliseconds): boolean {
    const before = this.#before ?? idleMs
    this.#before = idleMs
    if (idleMs > before) this.#grown = true
    if (idleMs < before) this.#begunAnew = true
    return this.#grown && this.#begunAnew
  }
}

function cpuUse(app: Pick<ElectronApi['app'], 'getAppMetrics'>): CpuUse {
  const { busyMs, totalMs } = cpuTimesOf(cpus())
  const seconds = app.getAppMetrics().reduce((sum, { cpu }) => sum + (cpu.cumulativeCPUUsage ?? 0), 0)
  return { busy: busyMs, total: totalMs, own: seconds * second }
}
