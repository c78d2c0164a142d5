import { accessSync, constants, existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const electronFolder = resolve(import.meta.dirname, '../../../node_modules/electron')

/** Where Electron's binary is: a folder named by the environment, else the downloaded one. Never starts a download. */
export function electronBinary(env: NodeJS.ProcessEnv = process.env): { path: string } | { missing: string } {
  const pathFile = join(electronFolder, 'path.txt')
  const name = existsSync(pathFile) ? readFileSync(pathFile, 'utf8').trim() : 'electron'
  const path = join(env.ELECTRON_OVERRIDE_DIST_PATH ?? join(electronFolder, 'dist'), name)
  try {
    accessSync(path, constants.X_OK)
    return { path }
  } catch {
    return { missing: `no Electron binary at ${path}` }
  }
}

/** Why the desktop app cannot be shown here; undefined where it can. */
export function noDisplay(env: NodeJS.ProcessEnv = process.env): string | undefined {
  if (process.platform !== 'linux' || env.DISPLAY || env.WAYLAND_DISPLAY) return undefined
  return 'no display (run under xvfb-run)'
}
