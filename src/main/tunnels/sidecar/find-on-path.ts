import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { delimiter, join } from 'node:path'

/** Where macOS's Homebrew and systems' own packages put programs; an app that was started by a click has a short PATH. */
const usualFolders = ['/usr/local/bin', '/opt/homebrew/bin', '/usr/bin', '/usr/sbin', '/usr/local/sbin']

/** The first program of that name on the PATH or in the usual places; undefined where there is none. */
export async function findOnPath(name: string, env: NodeJS.ProcessEnv = process.env): Promise<string | undefined> {
  const windows = process.platform === 'win32'
  const folders = [...(env.PATH ?? '').split(delimiter), ...(windows ? [] : usualFolders)].filter(each => each !== '')
  for (const folder of folders) {
    const path = join(folder, windows ? `${name}.exe` : name)
    if (await isExecutable(path)) return path
  }
  return undefined
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
