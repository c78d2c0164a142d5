import { execFile, execFileSync } from 'node:child_process'
import { appendFile, mkdir, rm, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const ballastPiece = Buffer.alloc(4_096)

/** Whether this user may mount file systems. */
export function canMount(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false
  try {
    execFileSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** A disk that is soon full: a file system in memory, mounted at a folder. Needs root. */
export class SmallDisk {
  readonly #folder: string
  readonly #ballast: string

  private constructor(folder: string) {
    this.#folder = folder
    this.#ballast = join(folder, 'ballast')
  }

  static async make(folder: string, megabytes: number): Promise<SmallDisk> {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await run('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=0700`, 'tmpfs', folder])
    return new SmallDisk(folder)
  }

  /** To the last byte. */
  async fill(): Promise<void> {
    const { bavail, bsize } = await statfs(this.#folder)
    await appendFile(this.#ballast, Buffer.alloc(bavail * bsize)).catch(untilFull)
    for (let full = false; !full; )
      full = await appendFile(this.#ballast, ballastPiece).then(
        () => false,
        error => {
          untilFull(error)
          return true
        },
      )
  }

  async makeRoom(): Promise<void> {
    await rm(this.#ballast)
  }

  async remove(): Promise<void> {
    await run('umount', ['--lazy', this.#folder])
  }
}

function untilFull(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOSPC') throw error
}
