import { execFile } from 'node:child_process'
import { cp, mkdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { Instruction } from './dockerfile.ts'

const run = promisify(execFile)
const repository = join(import.meta.dirname, '..', '..')

/**
 * Lays files out in `folder` as an image's COPY instructions do: from the repository, from its build in `out`, and the
 * modules that `npm ci --omit=dev` installs, less what trim-modules.sh takes out.
 */
export async function layOut(folder: string, instructions: readonly Instruction[]): Promise<void> {
  for (const { name, flags, text } of instructions) {
    if (name !== 'COPY') continue
    const sources = text.split(/\s+/)
    const target = sources.pop() ?? '.'
    for (const source of sources) {
      if (flags.from === 'modules') await copyProductionModules(join(folder, target))
      else await copyInto(source.replace(/^\/src\//, ''), folder, target, sources.length > 1 || target.endsWith('/'))
    }
  }
}

async function copyInto(source: string, folder: string, target: string, isFolder: boolean): Promise<void> {
  const destination =
    isFolder || target === './' ? join(folder, target, source.split('/').at(-1) ?? '') : join(folder, target)
  await mkdir(dirname(destination), { recursive: true })
  await cp(join(repository, source), destination, { recursive: true })
}

/** What the lock file calls neither development nor missing here. */
async function copyProductionModules(target: string): Promise<void> {
  const lock = JSON.parse(await readFile(join(repository, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean; devOptional?: boolean; optional?: boolean }>
  }
  for (const [path, { dev, devOptional, optional }] of Object.entries(lock.packages)) {
    if (path === '' || dev === true || devOptional === true) continue
    const destination = join(target, '..', path)
    try {
      await cp(join(repository, path), destination, { recursive: true, filter: source => !nested(path, source) })
    } catch (error) {
      // Of another platform.
      if (optional !== true || (error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }
  await run('sh', [join(repository, 'deploy/trim-modules.sh'), target])
}

/** A package's own node_modules are packages of their own in the lock file. */
function nested(path: string, source: string): boolean {
  return source.slice(join(repository, path).length).startsWith('/node_modules')
}
