import { execFile, execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Somewhere that several nodes run as if on one LAN. */
export interface Site {
  /** Whether multicast DNS may speak here, so that nodes need no configuration to find each other. */
  readonly multicast: boolean
  /** The command line that runs a program here. */
  command(program: string, args: readonly string[]): [string, string[]]
  /** A program that runs `program` here with the arguments it is given; written into `folder`. */
  wrapper(program: string, folder: string): Promise<string>
  remove(): Promise<void>
}

/** Whether this user may make network namespaces. */
export function canMakeNamespaces(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false
  try {
    execFileSync('ip', ['netns', 'list'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** This machine's own loopback: no multicast leaves it or is spoken on it. */
export const loopbackSite: Site = {
  multicast: false,
  command: (program, args) => [program, [...args]],
  wrapper: async program => program,
  remove: async () => undefined,
}

/** A network namespace of its own with nothing but a loopback that carries multicast. Needs root. */
export async function makeNamespace(): Promise<Site> {
  const name = `rma-test-${randomBytes(4).toString('hex')}`
  await run('ip', ['netns', 'add', name])
  await run('ip', ['-n', name, 'link', 'set', 'lo', 'up'])
  await run('ip', ['-n', name, 'link', 'set', 'lo', 'multicast', 'on'])
  await run('ip', ['-n', name, 'route', 'add', '224.0.0.0/4', 'dev', 'lo'])
  return {
    multicast: true,
    command: (program, args) => ['ip', ['netns', 'exec', name, program, ...args]],
    async wrapper(program, folder) {
      const path = join(folder, 'in-namespace')
      await writeFile(path, `#!/bin/sh\nexec ip netns exec ${name} '${program}' "$@"\n`)
      await chmod(path, 0o755)
      return path
    },
    remove: async () => {
      await run('ip', ['netns', 'delete', name])
    },
  }
}
