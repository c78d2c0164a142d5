import { type Milliseconds, second } from '../../../shared/units.ts'
import { type Fact, known, unknown } from '../facts.ts'
import type { Sensor } from './sensor.ts'

/** Processor time so far, in any one unit: of the whole machine, and of this node with its engines. */
export interface CpuUse {
  busy: number
  total: number
  own: number
}

/** Share of the machine that others took between two readings; undefined when counters stand still or began anew. */
export function othersShare(before: CpuUse, after: CpuUse): number | undefined {
  const total = after.total - before.total
  const busy = after.busy - before.busy
  if (total <= 0 || busy < 0) return undefined
  const own = Math.max(0, after.own - before.own)
  return Math.min(1, Math.max(0, busy - own) / total)
}

/** Weight of the newest reading: more than half, so that a busy program shows in the next reading and a blink does not. */
const newestWeight = 0.6

/**
 * How much of the processor other programs take: all that is busy, less what this node and its engines use.
 *
 * @param use reads the counters; undefined where this system does not tell
 */
export function otherCpuSensor(use: () => CpuUse | undefined, everyMs: Milliseconds = second): Sensor<number> {
  let before: CpuUse | undefined
  let smoothed: number | undefined
  return {
    everyMs,
    read(): Fact<number> {
      const now = use()
      if (now === undefined) {
        // What is told again later is not to be compared with what was before.
        before = smoothed = undefined
        return unknown('missing')
      }
      const newest = before === undefined ? undefined : othersShare(before, now)
      before = now
      if (newest !== undefined) smoothed = (smoothed ?? newest) + newestWeight * (newest - (smoothed ?? newest))
      return smoothed === undefined ? unknown('missing') : known(smoothed)
    },
  }
}

/** As `sensor`, but that nothing is known while jobs run on programs beside this node: nobody can tell theirs from others' time. */
export function unlessBeside(sensor: Sensor<number>, isBeside: () => boolean): Sensor<number> {
  return { ...sensor, read: signal => (isBeside() ? unknown('missing') : sensor.read(signal)) }
}

/** The machine's line of /proc/stat, in ticks. What a hypervisor gives to other machines is nobody's here. */
export function parseCpuLine(stat: string): Pick<CpuUse, 'busy' | 'total'> | undefined {
  const line = /^cpu +(.*)$/m.exec(stat)?.[1]
  if (line === undefined) return undefined
  const [user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0] = line
    .split(' ')
    .map(Number)
  const busy = user + nice + system + irq + softirq
  return { busy, total: busy + idle + iowait + steal }
}
