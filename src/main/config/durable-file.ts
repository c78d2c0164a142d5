import { randomBytes } from 'node:crypto'
import { open, rename, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { RmaError } from '../../shared/errors.ts'

/**
 * Replaces a file so that after a crash or power cut either the old or the new content is there, whole: a temporary file
 * beside it is written and synced, renamed over it, and the folder synced. Rejects with STORAGE_UNAVAILABLE where the system
 * does not let it (the disk is full, …): the old file is untouched, or where only the folder could not be synced, the new one is there.
 */
export async function writeFileDurably(path: string, bytes: Uint8Array | string, mode = 0o600): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`
  try {
    const file = await open(temporary, 'wx', mode)
    try {
      await file.writeFile(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
    await syncFolder(dirname(path))
  } catch (cause) {
    // Whatever keeps it from being taken away is what is told below.
    await unlink(temporary).catch(() => undefined)
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new RmaError('STORAGE_UNAVAILABLE', `${path} could not be written: ${reason}`, { path }, { cause })
  }
}

/** Makes what was renamed in a folder last. Windows cannot open folders; there the rename itself is durable enough. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
