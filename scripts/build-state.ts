import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { buildInputs } from './build-commit.ts'

const outputs = ['out/main/cli.js', 'out/main/electron.js', 'out/preload/index.cjs', 'out/renderer/index.html']

/** Whether the build is missing, incomplete, or older than what it is made from. */
export async function needsBuild(root: string): Promise<boolean> {
  const built = await Promise.all(outputs.map(path => modifiedAt(join(root, path))))
  const changed = await Promise.all(buildInputs.map(path => newest(join(root, path))))
  return isStale(changed, built)
}

/** Pure: times in milliseconds; undefined where a file is missing. */
export function isStale(sourceTimes: readonly number[], outputTimes: readonly (number | undefined)[]): boolean {
  const newestSource = Math.max(...sourceTimes)
  return outputTimes.some(time => time === undefined || time < newestSource)
}

async function newest(path: string): Promise<number> {
  const found = await stat(path)
  if (!found.isDirectory()) return found.mtimeMs
  const entries = await readdir(path, { recursive: true, withFileTypes: true })
  const files = entries.filter(entry => entry.isFile() && !entry.name.endsWith('.test.ts'))
  const times = await Promise.all(files.map(async file => (await stat(join(file.parentPath, file.name))).mtimeMs))
  return Math.max(0, ...times)
}

async function modifiedAt(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mtimeMs
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
