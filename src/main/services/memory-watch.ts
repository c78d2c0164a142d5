import { writeSync } from 'node:fs'
import { MiB } from '../../shared/units.ts'

export interface MemoryWatchInit {
  /** Resident memory of the whole process that ends it when passed. */
  memoryMiB: number
  /** The node; an engine whose node is gone ends. */
  parentPid: number
}

/** The line on standard error by which a process says that it ended itself for want of memory. */
export const memoryLimitLine = 'rma-engine: memory limit passed'

const checkIntervalMs = 250

/**
 * Ends this process when it holds too much memory or when its node is gone. Runs in a thread of its own, because
 * WebAssembly and native decoders block the main one; ends the whole process, because limits on threads bind neither.
 */
export function watchMemory({ memoryMiB, parentPid }: MemoryWatchInit): void {
  setInterval(() => {
    if (process.memoryUsage.rss() > memoryMiB * MiB) endProcess(memoryLimitLine)
    if (process.ppid !== parentPid) endProcess('rma-engine: the node is gone')
  }, checkIntervalMs)
}

function endProcess(reason: string): void {
  try {
    writeSync(2, `${reason}\n`)
  } finally {
    process.kill(process.pid, 'SIGKILL')
  }
}
