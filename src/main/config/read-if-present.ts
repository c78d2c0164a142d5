import { readFile } from 'node:fs/promises'
import { RmaError } from '../../shared/errors.ts'

/** Text of a file; undefined when there is none. Rejects with DATA_FOLDER_UNUSABLE where it cannot be read. */
export async function readIfPresent(path: string): Promise<string | undefined> {
  return (await readBytesIfPresent(path))?.toString('utf8')
}

/** As `readIfPresent`, all bytes. */
export async function readBytesIfPresent(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path)
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    if (code === 'ENOENT') return undefined
    throw new RmaError('DATA_FOLDER_UNUSABLE', `expected that ${path} can be read: ${message}`, { path }, { cause })
  }
}
