import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { second } from '../../../shared/units.ts'

const run = promisify(execFile)
const timeoutMs = 5 * second

/**
 * What tells a process from another that got its number later: when it was started. Undefined when there is no such process.
 * Programs of the system are named by where they are: by its name alone Windows would take one from the working folder first.
 */
export async function processIdentity(
  pid: number,
  platform: NodeJS.Platform = process.platform,
): Promise<string | undefined> {
  if (platform === 'linux') return linuxIdentity(pid)
  const [program, args] =
    platform === 'win32'
      ? [
          join(process.env.SystemRoot ?? 'C:\\Windows', 'System32', 'WindowsPowerShell', 'v1.0', 'powershell.exe'),
          [
            '-NoProfile',
            '-Command',
            `(Get-Process -Id ${pid} | ForEach-Object { "$($_.StartTime.Ticks) $($_.Name)" })`,
          ],
        ]
      : ['/bin/ps', ['-o', 'lstart=,comm=', '-p', String(pid)]]
  try {
    const { stdout } = await run(program, args as string[], {
      timeout: timeoutMs,
      env: { ...process.env, LC_ALL: 'C' },
    })
    return stdout.trim() || undefined
  } catch {
    // Both end with an error when there is no such process.
    return undefined
  }
}

/**
 * In which boot it was started, and when: the 22nd field of stat, in clock ticks since then. The second, the name, may hold
 * spaces and brackets. What it runs is no part of it: a program may start as a script that becomes another.
 */
async function linuxIdentity(pid: number): Promise<string | undefined> {
  try {
    const [boot, stat] = await Promise.all([
      readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
      readFile(`/proc/${pid}/stat`, 'utf8'),
    ])
    const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return state === 'Z' ? undefined : `${boot.trim()} ${fields[18]}`
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ESRCH') return undefined
    throw error
  }
}
