import { createWriteStream } from 'node:fs'
import { lstat, rm } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { RmaError } from '../../shared/errors.ts'

/**
 * Writes what comes to a file, at the disk's pace; what was written is removed again when it breaks off. Rejects with BAD_INPUT
 * where there is nothing to be written to.
 */
export async function saveToFile(
  source: AsyncIterable<string | Uint8Array>,
  path: string,
  { mode, signal }: { mode?: number; signal: AbortSignal },
): Promise<void> {
  try {
    await pipeline(source, createWriteStream(path, { mode }), { signal })
  } catch (cause) {
    if (cause instanceof Error && 'syscall' in cause && cause.syscall === 'open')
      throw new RmaError('BAD_INPUT', `${path} could not be written: ${cause.message}`, {}, { cause })
    // A pipe or a device, as /dev/null, was there before and stays.
    if (await isFile(path)) await rm(path, { force: true })
    throw cause
  }
}

function isFile(path: string): Promise<boolean> {
  return lstat(path).then(
    found => found.isFile(),
    () => false,
  )
}
