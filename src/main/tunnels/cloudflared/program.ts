import { execFile } from 'node:child_process'
import { stat } from 'node:fs/promises'
import { join, posix, win32 } from 'node:path'
import { z } from 'zod'
import { safeParse } from '../../../shared/safe-parse.ts'
import { KiB, type Milliseconds, second } from '../../../shared/units.ts'
import { programFolders } from '../sidecar/program-folders.ts'
import { sidecarEnvironment } from '../sidecar/sidecar-process.ts'

const versionTimeoutMs: Milliseconds = 5 * second

export interface CloudflaredProgram {
  path: string
  version: string
}

export interface Places {
  dataFolder: string
  platform?: NodeJS.Platform
  env?: NodeJS.ProcessEnv
  /** Folders to look in besides PATH; by default those where it is usually installed. */
  usual?: readonly string[]
}

/** Where a program that this node downloaded lies. */
export function ownProgramPath(dataFolder: string, platform: NodeJS.Platform = process.platform): string {
  return join(dataFolder, 'bin', platform === 'win32' ? 'cloudflared.exe' : 'cloudflared')
}

/** Where cloudflared may be, in the order to look: what the owner installed before what the node downloaded. */
export function candidatePaths({
  dataFolder,
  platform = process.platform,
  env = process.env,
  usual = usualFolders(platform, env),
}: Places): string[] {
  const { join } = platform === 'win32' ? win32 : posix
  const name = platform === 'win32' ? 'cloudflared.exe' : 'cloudflared'
  const inPath = programFolders(env.PATH ?? env.Path ?? '', platform)
  const folders = [...inPath, ...usual].map(folder => join(folder, name))
  return [...new Set([...folders, ownProgramPath(dataFolder, platform)])]
}

function usualFolders(platform: NodeJS.Platform, env: NodeJS.ProcessEnv): string[] {
  if (platform === 'win32') {
    const roots = [env.ProgramFiles, env['ProgramFiles(x86)']].filter(root => root !== undefined)
    return roots.map(root => join(root, 'cloudflared'))
  }
  // Desktop sessions often start programs with a shorter PATH than shells.
  return platform === 'darwin' ? ['/opt/homebrew/bin', '/usr/local/bin'] : ['/usr/local/bin', '/usr/bin']
}

const versionSchema = z
  .string()
  .max(4 * KiB)
  .transform(text => /^cloudflared version (\d{4}\.\d{1,2}\.\d{1,3}(?:-[\w.-]{1,40})?)(?=[\s(]|$)/.exec(text)?.[1])
  .pipe(z.string())

/** The version in what `cloudflared --version` prints. Undefined where another program speaks. */
export function parseVersion(output: unknown): string | undefined {
  return safeParse(versionSchema, output).data
}

/** Asks a program what it is. Undefined where there is none, it does not run, or it is none of cloudflared. */
export async function programAt(path: string, signal?: AbortSignal): Promise<CloudflaredProgram | undefined> {
  const isFile = await stat(path).then(
    entry => entry.isFile(),
    () => false,
  )
  if (!isFile) return undefined
  const output = await new Promise<string | undefined>(resolve => {
    const options = {
      signal,
      timeout: versionTimeoutMs,
      killSignal: 'SIGKILL',
      maxBuffer: 16 * KiB,
      windowsHide: true,
      env: sidecarEnvironment(),
    } as const
    execFile(path, ['--version'], options, (error, stdout) => resolve(error === null ? stdout : undefined))
  })
  signal?.throwIfAborted()
  const version = parseVersion(output)
  return version === undefined ? undefined : { path, version }
}

/** The first cloudflared on this machine that runs. */
export async function findCloudflared(places: Places, signal?: AbortSignal): Promise<CloudflaredProgram | undefined> {
  for (const path of candidatePaths(places)) {
    const program = await programAt(path, signal)
    if (program !== undefined) return program
  }
  return undefined
}
