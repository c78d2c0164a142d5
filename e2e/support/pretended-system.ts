import { mkdir, rename, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** A folder with a /proc and a /sys of its own, for what a test machine lacks or cannot hold still. */
export class PretendedSystem {
  readonly root: string

  constructor(root: string) {
    this.root = root
  }

  async start(): Promise<void> {
    await mkdir(join(this.root, 'proc'), { recursive: true })
    await this.power({ plugged: true })
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
