import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const inMemory = '/dev/shm'

/** An empty folder in memory where the system has such a place: files by the thousand would wear out a disk, and wait for it. */
export async function memoryFolder(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(existsSync(inMemory) ? inMemory : tmpdir(), 'rma-fuzz-'))
  return { path, remove: () => rm(path, { recursive: true, force: true }) }
}
