import type { Reason } from './schema/allowance.ts'
import { type Milliseconds, minute } from './units.ts'

/** Why a node does not work, or works all the same, in English. Reads on after “Waiting: ”. */
export const englishReasons = {
  clear: 'nothing is against working',
  anyway: 'working although your rules would hold it',
  off: 'Donate Compute is off',
  finishing: 'you asked to stop when all is finished',
  paused: 'you have paused it',
  gpuPaused: 'you have paused graphics cards',
  onBattery: (percent?: number) => (percent === undefined ? 'on battery' : `on battery (${Math.round(percent)} %)`),
  batteryLow: (percent: number, resumesAt: number) =>
    `battery at ${Math.round(percent)} %, resumes at ${Math.round(resumesAt)} %`,
  inUse: (idleMinutes: number, neededMinutes: number) =>
    `you are using the computer (idle ${oneDigit(idleMinutes)} of ${oneDigit(neededMinutes)} min)`,
  otherPrograms: (cpu: number, limit: number) =>
    `other programs need the processor (${percentage(cpu)}, more than ${percentage(limit)})`,
  schedule: 'outside the hours you set',
  hot: (part: 'cpu' | 'gpu', celsius: number, resumesBelow: number) =>
    `${part === 'cpu' ? 'processor' : 'GPU'} at ${Math.round(celsius)} °C, resumes below ${Math.round(resumesBelow)} °C`,
  memory: (allowedMiB: number, neededMiB: number) =>
    `not enough memory is free (${memory(allowedMiB)}, a request takes ${memory(neededMiB)})`,
  vram: (freeMiB: number, keptMiB: number) =>
    `the graphics card is full (${memory(freeMiB)} free, ${memory(keptMiB)} are kept for you)`,
  metered: 'this connection is metered',
  dataUsed: (usedMiB: number, limitMiB: number) =>
    `this month’s data is used up (${memory(usedMiB)} of ${memory(limitMiB)})`,
  program: (name: string) => `${name} is running`,
}

/** The same in any language. */
export type ReasonWords = typeof englishReasons

export function reasonSentence(reason: Reason, words: ReasonWords): string {
  switch (reason.kind) {
    case 'clear':
      return words.clear
    case 'anyway':
      return words.anyway
    case 'off':
      return words.off
    case 'finishing':
      return words.finishing
    case 'paused':
      return words.paused
    case 'gpu-paused':
      return words.gpuPaused
    case 'on-battery':
      return words.onBattery(reason.percent)
    case 'battery-low':
      return words.batteryLow(reason.percent, reason.resumesAtPercent)
    case 'in-use':
      return words.inUse(minutes(reason.idleMs), minutes(reason.neededMs))
    case 'other-programs':
      return words.otherPrograms(reason.cpu, reason.limit)
    case 'schedule':
      return words.schedule
    case 'hot':
      return words.hot(reason.part, reason.celsius, reason.resumesBelow)
    case 'memory':
      return words.memory(reason.allowedMiB, reason.neededMiB)
    case 'vram':
      return words.vram(reason.freeMiB, reason.keptFreeMiB)
    case 'metered':
      return words.metered
    case 'data-used':
      return words.dataUsed(reason.usedMiB, reason.limitMiB)
    case 'program':
      return words.program(reason.name)
  }
}

function minutes(ms: Milliseconds): number {
  return ms / minute
}

/** Whole numbers as they are; rounded down, so that nothing seems reached before it is. */
function oneDigit(value: number): string {
  return (value >= 10 ? Math.floor(value) : Math.floor(value * 10) / 10).toLocaleString('en')
}

function percentage(share: number): string {
  return `${Math.round(share * 100)} %`
}

function memory(mib: number): string {
  return mib >= 1_024 ? `${(mib / 1_024).toFixed(1)} GiB` : `${Math.round(mib)} MiB`
}
