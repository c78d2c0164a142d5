import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { ElectronApi } from './electron-api.ts'

/** One running app for each data folder, not for each user: Electron keeps its lock where it keeps its own files. */
export function keepInstanceIn(app: Pick<ElectronApi['app'], 'setPath'>, dataFolder: string): void {
  const userData = join(dataFolder, 'electron')
  mkdirSync(userData, { recursive: true, mode: 0o700 })
  app.setPath('userData', userData)
}
