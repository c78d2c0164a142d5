import { renameSync, writeFileSync } from 'node:fs'
import { mkdir, rename, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { second } from '../../src/shared/units.ts'

/** As often as the kernel counts, and often enough that each reading of a sensor meets new counters. */
const ticksPerSecond = 100
const countEveryMs = 0.1 * second

/** A folder with a /proc and a /sys of its own, for what a test machine lacks or cannot hold still. */
export class PretendedSystem {
  readonly root: string
  #counting: NodeJS.Timeout | undefined

  constructor(root: string) {
    this.root = root
  }

  async start(): Promise<void> {
    await mkdir(join(this.root, 'proc'), { recursive: true })
    await this.power({ plugged: true })
  }

  /** Has its processors be busy with other programs to a share that can be changed, 0 to 1, until `stop`. */
  processors(): { busy(share: number): void } {
    const since = Date.now()
    let [share, total, busy] = [0, 0, 0]
    const count = () => {
      const now = (Date.now() - since) * (ticksPerSecond / second)
      busy += (now - total) * share
      total = now
      const path = join(this.root, 'proc')
      const [taken, left] = [Math.round(busy), Math.round(total - busy)]
      writeFileSync(join(path, '.stat'), `cpu  ${taken} 0 0 ${left} 0 0 0 0 0 0\n`)
      renameSync(join(path, '.stat'), join(path, 'stat'))
    }
    count()
    this.#counting = setInterval(count, countEveryMs)
    return {
      busy(now) {
        count()
        share = now
      },
    }
  }

  stop(): void {
    clearInterval(this.#counting)
  }

  /** Shows a process of the real machine in here. */
  async show(pid: number): Promise<void> {
    await symlink(`/proc/${pid}`, join(this.root, 'proc', String(pid)))
  }

  async power({ plugged }: { plugged: boolean }): Promise<void> {
    const supplies = join(this.root, 'sys/class/power_supply')
    await put(join(supplies, 'BAT0'), { type: 'Battery', status: plugged ? 'Charging' : 'Discharging', capacity: '63' })
    await put(join(supplies, 'AC'), { type: 'Mains', online: plugged ? '1' : '0' })
  }
}

/** Writes files whole, so that no reader meets half of one. */
async function put(folder: string, files: Record<string, string>): Promise<void> {
  await mkdir(folder, { recursive: true })
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(folder, `.${name}`), `${content}\n`)
    await rename(join(folder, `.${name}`), join(folder, name))
  }
}
