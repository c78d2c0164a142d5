import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseStat } from './process-tree.ts'
import { readUnlessGone } from './read-unless-gone.ts'

/** Programs beside this node that its jobs run on now. */
export interface ProgramsBeside {
  /** Language engines are at work for others. */
  engines: boolean
  /** They hold models that requests of others brought into their memory, at work or not. */
  borrowed: boolean
  /** Servers of the donor's own are at work for others: nobody knows which programs those are. */
  servers: boolean
}

/** As the kernel shortens them, to 15 letters. */
const engineNames = /^(ollama|llama-server|llama-cpp|llamafile|lm.?studio|local-ai|koboldcpp|vllm)/i

export interface EngineProgram {
  pid: number
  /** Processor time so far, in the kernel's ticks. */
  ticks: number
}

/** Language engines that run on this machine, whoever's they are: their names may be read by anybody. */
export function enginePrograms(proc: string): EngineProgram[] {
  return readdirSync(proc)
    .filter(name => /^\d+$/.test(name))
    .flatMap(name => {
      const stat = readUnlessGone(join(proc, name, 'stat'))
      if (stat === undefined || !engineNames.test(stat.slice(stat.indexOf('(') + 1))) return []
      return [{ pid: Number(name), ticks: parseStat(stat).ticks }]
    })
}

/** Counts the processor time that language engines take while they are at work for others. */
export class EngineTime {
  #ticks = 0
  #before = new Map<number, number>()

  /** Ticks so far, the time since the last reading included. Undefined where no engine is known that could be at work. */
  working(programs: readonly EngineProgram[]): number | undefined {
    if (programs.length === 0) return undefined
    for (const { pid, ticks } of programs) this.#ticks += Math.max(0, ticks - (this.#before.get(pid) ?? ticks))
    this.#before = new Map(programs.map(({ pid, ticks }) => [pid, ticks]))
    return this.#ticks
  }

  /** What they take from here on is their owner's. */
  resting(): number {
    this.#before.clear()
    return this.#ticks
  }
}
