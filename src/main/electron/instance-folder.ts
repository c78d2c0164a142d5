import { join } from 'node:path'
import { makeFolderAtOnce } from '../config/data-folder.ts'
import type { ElectronApi } from './electron-api.ts'

/** One running app for each data folder, not for each user: Electron keeps its lock where it keeps its own files. Throws DATA_FOLDER_UNUSABLE. */
export function keepInstanceIn(app: Pick<ElectronApi['app'], 'setPath'>, dataFolder: string): void {
  const userData = join(dataFolder, 'electron')
  makeFolderAtOnce(userData)
  app.setPath('userData', userData)
}
