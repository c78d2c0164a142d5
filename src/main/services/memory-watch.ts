import { writeSync } from 'node:fs'
import { isMainThread, workerData } from 'node:worker_threads'
import { z } from 'zod'
import { MiB } from '../../shared/units.ts'
import { memoryLimitLine } from './engine-protocol.ts'

/**
 * Runs as a worker thread inside an engine process and ends that process when it holds too much memory or when its
 * node is gone. A thread, because WebAssembly and native decoders block the main one; the whole process, because limits
 * on threads bind neither of them.
 */
const checkIntervalMs = 250

export const memoryWatchDataSchema = z.object({ memoryMiB: z.number().positive(), parentPid: z.number().int() })

if (!isMainThread) {
  const { memoryMiB, parentPid } = memoryWatchDataSchema.parse(workerData)
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
