import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { processes } from 'systeminformation'
import { second } from '../../../shared/units.ts'
import { type Fact, known, unknown } from '../facts.ts'
import { executableName } from '../policy/executable-name.ts'
import type { Sensor } from './sensor.ts'

/** Names of what runs, as the kernel keeps them. Read only while the owner has named programs. */
export function runningProgramsSensor(proc: string, wanted: () => boolean): Sensor<ReadonlySet<string>> {
  return {
    everyMs: 2 * second,
    wanted,
    read(): Fact<ReadonlySet<string>> {
      const pids = readdirSync(proc).filter(name => /^\d+$/.test(name))
      if (pids.length === 0) return unknown('missing')
      return known(new Set(pids.flatMap(pid => nameOf(proc, pid))))
    },
  }
}

function nameOf(proc: string, pid: string): string[] {
  try {
    return [executableName(readFileSync(join(proc, pid, 'comm'), 'utf8'))]
  } catch {
    return [] // It ended a moment ago, or is none of our business.
  }
}

/** For systems without /proc, where asking is slow. */
export function generalProgramsSensor(wanted: () => boolean): Sensor<ReadonlySet<string>> {
  return {
    everyMs: 15 * second,
    wanted,
    async read(): Promise<Fact<ReadonlySet<string>>> {
      const { list } = await processes()
      return list.length === 0 ? unknown('missing') : known(new Set(list.map(({ name }) => executableName(name))))
    },
  }
}
