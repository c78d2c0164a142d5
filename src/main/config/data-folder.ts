import { constants, mkdirSync } from 'node:fs'
import { access, chmod, mkdir, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import envPaths from 'env-paths'
import { RmaError } from '../../shared/errors.ts'

/** Where a node keeps its files: what was asked for, else the system's place for application data. */
export function dataFolderPath(chosen?: string): string {
  if (chosen === undefined) return envPaths('rma-donor', { suffix: '' }).data
  return resolve(chosen.startsWith('~/') ? join(homedir(), chosen.slice(2)) : chosen)
}

/** Makes the folder if needed, for its owner alone. Rejects with DATA_FOLDER_UNUSABLE. */
export async function prepareDataFolder(folder: string): Promise<void> {
  try {
    await makeFolder(folder)
    if (!(await stat(folder)).isDirectory()) throw new Error('it is not a folder')
    await access(folder, constants.R_OK | constants.W_OK | constants.X_OK)
    if (process.platform !== 'win32') await chmod(folder, 0o700)
  } catch (cause) {
    throw unusable(folder, cause)
  }
}

/** Makes a folder within a data folder, and that one too, before anything can be waited for. Throws DATA_FOLDER_UNUSABLE. */
export function makeFolderAtOnce(folder: string): void {
  try {
    makeFolderSync(folder)
  } catch (cause) {
    throw unusable(folder, cause)
  }
}

function unusable(folder: string, cause: unknown): RmaError {
  return new RmaError(
    'DATA_FOLDER_UNUSABLE',
    `the data folder ${folder} must be a folder this user can read and write: ${(cause as Error).message}`,
    { folder },
    { cause },
  )
}

/** As `mkdir` with `recursive`, which never returns where the system says that a new folder's parent is missing but it is not. */
async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { mode: 0o700 })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') return
    if (code !== 'ENOENT' || dirname(folder) === folder) throw error
    await makeFolder(dirname(folder))
    await mkdir(folder, { mode: 0o700 })
  }
}

function makeFolderSync(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o700 })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') return
    if (code !== 'ENOENT' || dirname(folder) === folder) throw error
    makeFolderSync(dirname(folder))
    mkdirSync(folder, { mode: 0o700 })
  }
}
