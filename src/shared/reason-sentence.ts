import type { Reason } from './schema/allowance.ts'
import type { Strings } from './strings/catalogue.ts'
import type { en } from './strings/en.ts'
import { type Milliseconds, minute } from './units.ts'

/** The words for it, in any language. */
export type ReasonWords = Strings<typeof en.activity.reasons>

/** Why a node does not work, or works all the same. Reads on after “Waiting: ”. */
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
      return reason.percent === undefined ? words.onBattery : words.onBatteryAt({ charge: reason.percent / 100 })
    case 'battery-low':
      return words.batteryLow({ charge: reason.percent / 100, resumesAt: reason.resumesAtPercent / 100 })
    case 'in-use':
      return words.inUse({ idle: minutes(reason.idleMs), needed: minutes(reason.neededMs) })
    case 'other-programs':
      return words.otherPrograms({ cpu: reason.cpu, limit: reason.limit })
    case 'schedule':
      return words.schedule
    case 'hot':
      return words.hot({ part: reason.part, celsius: reason.celsius, resumesBelow: reason.resumesBelow })
    case 'memory':
      return words.memory({ allowed: memory(reason.allowedMiB, words), needed: memory(reason.neededMiB, words) })
    case 'vram':
      return words.vram({ free: memory(reason.freeMiB, words), kept: memory(reason.keptFreeMiB, words) })
    case 'metered':
      return words.metered
    case 'data-used':
      return words.dataUsed({ used: memory(reason.usedMiB, words), limit: memory(reason.limitMiB, words) })
    case 'program':
      return words.program({ name: reason.name })
  }
}

/** Whole numbers as they are, small ones with a digit; rounded down, so that nothing seems reached before it is. */
function minutes(ms: Milliseconds): number {
  const value = ms / minute
  return value >= 10 ? Math.floor(value) : Math.floor(value * 10) / 10
}

function memory(mib: number, words: ReasonWords): string {
  return mib >= 1_024 ? words.gib({ amount: mib / 1_024 }) : words.mib({ amount: mib })
}
