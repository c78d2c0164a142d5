import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { MiB, second } from '../../src/shared/units.ts'
import { loopbackSite, type Site } from './site.ts'
import { eventually } from './swarm/swarm.ts'

const groups = '/sys/fs/cgroup'
const periodUs = 100_000
const goneWithinMs = 10 * second

export interface SmallMachineInit {
  memoryMiB: number
  /** Share of one core's time, 0 to 1; it never gets a second core. */
  core: number
}

/** A site whose programs together get so much of the machine and no more: the kernel ends what takes more memory. */
export interface SmallMachine extends Site {
  /** Bytes in use by all programs in it, what the kernel keeps of files for them included. */
  memoryUsed(): number
}

/** Makes one by control groups of either version; undefined where this user may not. */
export function makeSmallMachine({ memoryMiB, core }: SmallMachineInit): SmallMachine | undefined {
  const name = `rma-test-${randomBytes(4).toString('hex')}`
  const quotaUs = Math.round(core * periodUs)
  const bytes = memoryMiB * MiB
  const unified = existsSync(join(groups, 'cgroup.controllers'))
  /** By folder: the limits, in the order in which they have to be written. */
  const limits: [string, [string, string][]][] = unified
    ? [
        [
          join(groups, name),
          [
            ['memory.max', String(bytes)],
            ['memory.swap.max', '0'],
            ['cpu.max', `${quotaUs} ${periodUs}`],
            ['cpuset.cpus', '0'],
          ],
        ],
      ]
    : [
        [join(groups, 'memory', name), [['memory.limit_in_bytes', String(bytes)]]],
        [
          join(groups, 'cpu', name),
          [
            ['cpu.cfs_period_us', String(periodUs)],
            ['cpu.cfs_quota_us', String(quotaUs)],
          ],
        ],
        [
          join(groups, 'cpuset', name),
          [
            ['cpuset.mems', '0'],
            ['cpuset.cpus', '0'],
          ],
        ],
      ]
  const made: string[] = []
  const remove = () => {
    for (const folder of made.splice(0)) rmdirSync(folder)
  }
  try {
    if (unified) writeFileSync(join(groups, 'cgroup.subtree_control'), '+memory +cpu +cpuset')
    for (const [folder, files] of limits) {
      mkdirSync(folder)
      made.push(folder)
      for (const [file, value] of files)
        if (file !== 'memory.swap.max' || existsSync(join(folder, file))) writeFileSync(join(folder, file), value)
    }
  } catch {
    remove()
    return undefined
  }
  const enter = made.map(folder => `echo $$ > ${join(folder, 'cgroup.procs')}`).join(' && ')
  const usage = join(made[0] ?? '', unified ? 'memory.current' : 'memory.usage_in_bytes')
  return {
    ...loopbackSite,
    command: (program, args) => ['sh', ['-c', `${enter} && exec "$@"`, 'sh', program, ...args]],
    memoryUsed: () => Number(readFileSync(usage, 'utf8')),
    async remove() {
      // Engines end a moment after their node.
      await eventually(async () => {
        if (made.some(folder => readFileSync(join(folder, 'cgroup.procs'), 'utf8') !== ''))
          throw new Error(`${name} still has programs in it`)
      }, goneWithinMs)
      remove()
    },
  }
}
