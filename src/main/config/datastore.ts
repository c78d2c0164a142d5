import { join } from 'node:path'
import { LevelDatastore } from 'datastore-level'
import { Level } from 'level'
import { RmaError } from '../../shared/errors.ts'
import type { Startable } from '../lifecycle.ts'

/** The node's key-value store on disk. Its lock also keeps a second node off the same data folder. */
export class NodeDatastore implements Startable {
  readonly store: LevelDatastore
  readonly #level: Level<string, Uint8Array>
  readonly #dataFolder: string
  readonly #closed: Promise<void>

  constructor(dataFolder: string) {
    this.#dataFolder = dataFolder
    this.#level = new Level(join(dataFolder, 'datastore'), { keyEncoding: 'utf8', valueEncoding: 'view' })
    // Left alone, Level opens by itself in a moment; a node that is not started must not hold the lock.
    this.#closed = this.#level.close()
    this.store = new LevelDatastore(this.#level)
  }

  /** Rejects with DATA_FOLDER_IN_USE or DATA_FOLDER_UNUSABLE. */
  async start(): Promise<void> {
    await this.#closed
    try {
      // Opened here first: LevelDatastore keeps to itself why it could not.
      await this.#level.open()
      await this.store.open()
    } catch (cause) {
      const folder = this.#dataFolder
      if (isLocked(cause)) {
        const message = `another node is running on the data folder ${folder}: stop it, or choose another folder`
        throw new RmaError('DATA_FOLDER_IN_USE', message, { folder }, { cause })
      }
      const message = `the data folder ${folder} could not be opened: ${(cause as Error).message}`
      throw new RmaError('DATA_FOLDER_UNUSABLE', message, { folder }, { cause })
    }
  }

  async stop(): Promise<void> {
    await this.store.close()
  }
}

function isLocked(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ('code' in cause && cause.code === 'LEVEL_LOCKED') return true
  }
  return false
}
