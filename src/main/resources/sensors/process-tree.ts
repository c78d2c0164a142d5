import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isGone, readUnlessGone } from './read-unless-gone.ts'

/** Of this process and all below it. Times in the kernel's ticks, with those of ended and awaited children. */
export interface TreeUsage {
  cpuTicks: number
  memoryPages: number
  pids: number[]
}

/** More processes than this are not looked at. */
const mostProcesses = 256

/** Reads what a tree of processes uses; undefined where the kernel does not tell (CONFIG_PROC_CHILDREN). */
export function readProcessTree(proc: string, root: number): TreeUsage | undefined {
  const usage: TreeUsage = { cpuTicks: 0, memoryPages: 0, pids: [] }
  const waiting = [root]
  for (let pid = waiting.shift(); pid !== undefined && usage.pids.length < mostProcesses; pid = waiting.shift()) {
    try {
      const folder = join(proc, String(pid))
      const stat = parseStat(readFileSync(join(folder, 'stat'), 'utf8'))
      usage.cpuTicks += stat.cpuTicks
      usage.memoryPages += stat.memoryPages
      usage.pids.push(pid)
      waiting.push(...childrenOf(folder))
    } catch (error) {
      // A child may have ended a moment ago; without the root itself there is no tree.
      if (pid === root) return undefined
      if (!isGone(error)) throw error
    }
  }
  return usage
}

/** Of all threads, each of which has children of its own: Electron starts engines from a thread made for that. */
function childrenOf(folder: string): number[] {
  const threads = readdirSync(join(folder, 'task'))
  const found = threads.map(thread => readUnlessGone(join(folder, 'task', thread, 'children')))
  // Where the kernel does not tell, it tells of none.
  if (found.every(text => text === undefined)) throw new Error(`expected the children of ${folder} to be listed`)
  return found.flatMap(text => parsePids(text ?? ''))
}

/** Times and resident pages from /proc/<pid>/stat; see proc_pid_stat(5). `cpuTicks`: with children that have ended, `ticks` without. */
export function parseStat(line: string): { ticks: number; cpuTicks: number; memoryPages: number } {
  // The name in parentheses may itself hold blanks and parentheses.
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ')
  const number = (field: number) => Number(fields[field - 3] ?? 0)
  const ticks = number(14) + number(15)
  return { ticks, cpuTicks: ticks + number(16) + number(17), memoryPages: number(24) }
}

function parsePids(text: string): number[] {
  return text.split(' ').map(Number).filter(Boolean)
}
