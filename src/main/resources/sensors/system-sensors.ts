import { join } from 'node:path'
import { second } from '../../../shared/units.ts'
import type { Clock } from '../../clock.ts'
import { known, unknown } from '../facts.ts'
import { EngineTime, enginePrograms, type ProgramsBeside } from './engine-programs.ts'
import { graphicsSensors } from './graphics.ts'
import { loginSessionSensor } from './login-sessions.ts'
import { generalMemorySensor, memoryUse } from './memory.ts'
import { meteredSensor } from './metered.ts'
import { type CpuUse, otherCpuSensor, parseCpuLine } from './other-cpu.ts'
import { powerSupplySensor } from './power-supply.ts'
import { parseStat, readProcessTree } from './process-tree.ts'
import { readUnlessGone } from './read-unless-gone.ts'
import { generalProgramsSensor, runningProgramsSensor } from './running-programs.ts'
import type { Sensors } from './sensor.ts'
import { cpuTemperatureSensor, generalTemperatureSensor } from './temperature.ts'

export interface SystemSensorsInit {
  /** Where the machine's /proc and /sys are found. Default `/`. */
  root?: string
  platform?: NodeJS.Platform
  /** Whether the machine has a graphics card that computes. */
  hasGpu: () => boolean
  wantsPrograms: () => boolean
  wantsMetered: () => boolean
  beside: () => ProgramsBeside
}

/** Of a page of memory as /proc counts them: 4 KiB on most machines, 16 or 64 on some with ARM processors. */
function pageBytes(proc: string): number {
  const own = readUnlessGone(join(proc, 'self', 'stat'))
  const pages = own === undefined ? 0 : parseStat(own).memoryPages
  return pages === 0 ? 4_096 : 2 ** Math.round(Math.log2(process.memoryUsage.rss() / pages))
}

/** What the operating system tells without a desktop: Linux from /proc and /sys, others as far as systeminformation can. */
export function systemSensors({ clock }: { clock: Clock }, init: SystemSensorsInit): Sensors {
  const { root = '/', platform = process.platform, hasGpu, wantsPrograms, wantsMetered, beside } = init
  const proc = join(root, 'proc')
  const linux = platform === 'linux'
  const bytesOfPage = pageBytes(proc)
  const ownPids = () => {
    if (!linux) return [process.pid]
    const { engines, borrowed } = beside()
    const ofEngines = engines || borrowed ? enginePrograms(proc).map(({ pid }) => pid) : []
    return [...(readProcessTree(proc, process.pid)?.pids ?? []), ...ofEngines]
  }
  const engineTime = new EngineTime()
  return {
    power: linux ? powerSupplySensor(root) : { everyMs: second, read: () => unknown('missing') },
    idle: linux ? loginSessionSensor({ clock }, { root }) : { everyMs: second, read: () => unknown('missing') },
    otherCpu: otherCpuSensor(() => (linux ? linuxCpuUse(proc, engineTime, beside()) : undefined)),
    cpuTemperature: linux ? cpuTemperatureSensor(root) : generalTemperatureSensor(),
    ...graphicsSensors({ clock }, { root, present: hasGpu, ownPids }),
    memory: linux
      ? {
          everyMs: 2 * second,
          read() {
            const own = readProcessTree(proc, process.pid)
            const meminfo = readUnlessGone(join(proc, 'meminfo'))
            const use = meminfo === undefined ? undefined : memoryUse(meminfo, (own?.memoryPages ?? 0) * bytesOfPage)
            return use === undefined ? unknown('missing') : known(use)
          },
        }
      : generalMemorySensor(),
    metered: meteredSensor(wantsMetered),
    programs: linux ? runningProgramsSensor(proc, wantsPrograms) : generalProgramsSensor(wantsPrograms),
  }
}

/** Undefined also while nobody can tell what is this node's own: jobs run on programs beside it that are not known. */
function linuxCpuUse(proc: string, engineTime: EngineTime, { engines, servers }: ProgramsBeside): CpuUse | undefined {
  const ofEngines = engines ? engineTime.working(enginePrograms(proc)) : engineTime.resting()
  const stat = readUnlessGone(join(proc, 'stat'))
  const machine = stat === undefined ? undefined : parseCpuLine(stat)
  const own = readProcessTree(proc, process.pid)
  if (machine === undefined || own === undefined || servers || ofEngines === undefined) return undefined
  return { ...machine, own: own.cpuTicks + ofEngines }
}
