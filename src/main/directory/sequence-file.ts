import { readFile } from 'node:fs/promises'
import { writeFileDurably } from '../config/durable-file.ts'
import type { SequenceStore } from './sequence.ts'

/** Keeps the reserved number in a file of its own, as decimal digits. */
export class SequenceFile implements SequenceStore {
  readonly #path: string

  constructor(path: string) {
    this.#path = path
  }

  /** Rejects where the file is there but holds no number. */
  async load(): Promise<number> {
    const text = await readFile(this.#path, 'utf8').catch(absentAsEmpty)
    const reserved = text === '' ? 0 : Number(text)
    if (!/^\d*\n?$/.test(text) || !Number.isSafeInteger(reserved))
      throw new Error(`expected a sequence number in ${this.#path}, got ${JSON.stringify(text.slice(0, 32))}`)
    return reserved
  }

  async save(reserved: number): Promise<void> {
    await writeFileDurably(this.#path, `${reserved}\n`, 0o600)
  }
}

function absentAsEmpty(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return ''
  throw error
}
