import { closeSync, existsSync, fstatSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { DestinationStream } from 'pino'
import { MiB } from '../shared/units.ts'

export interface RotatingLogFileInit {
  /** Made when it is missing; the one it is in must be there. */
  folder: string
  /** Name of the newest file; older ones get a number before the ending. */
  name: string
  /** Default 2 MiB. */
  maxBytes?: number
  /** Files kept in all. Default 5. */
  files?: number
}

/**
 * JSON lines in a file that is put aside when it is full; the oldest goes. Each line is written at once, so that the last
 * ones before a crash are there. A disk that takes nothing more costs lines, never the program.
 */
export class RotatingLogFile implements DestinationStream {
  readonly #init: Required<RotatingLogFileInit>
  #file: number | undefined
  #bytes = 0
  /** Lines that could not be written. */
  lost = 0

  constructor({ maxBytes = 2 * MiB, files = 5, ...init }: RotatingLogFileInit) {
    this.#init = { ...init, maxBytes, files }
  }

  get path(): string {
    return this.#pathOf(0)
  }

  write(line: string): void {
    try {
      const bytes = Buffer.from(line)
      this.#file ??= this.#open()
      if (this.#bytes > 0 && this.#bytes + bytes.length > this.#init.maxBytes) this.#file = this.#rotate(this.#file)
      this.#bytes += writeSync(this.#file, bytes)
    } catch {
      // There is no other place to say so: the log is what failed.
      this.lost++
    }
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file)
    this.#file = undefined
  }

  #open(): number {
    if (!existsSync(this.#init.folder)) mkdirSync(this.#init.folder, { mode: 0o700 })
    const file = openSync(this.path, 'a', 0o600)
    this.#bytes = fstatSync(file).size
    return file
  }

  #rotate(file: number): number {
    closeSync(file)
    this.#file = undefined
    rmSync(this.#pathOf(this.#init.files - 1), { force: true })
    for (let age = this.#init.files - 2; age >= 0; age--) {
      if (existsSync(this.#pathOf(age))) renameSync(this.#pathOf(age), this.#pathOf(age + 1))
    }
    return this.#open()
  }

  #pathOf(age: number): string {
    const { folder, name } = this.#init
    return join(folder, age === 0 ? `${name}.log` : `${name}.${age}.log`)
  }
}
