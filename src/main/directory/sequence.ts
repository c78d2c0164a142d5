import { RmaError } from '../../shared/errors.ts'
import type { Clock } from '../clock.ts'
import type { Logger } from '../log.ts'

/** Keeps one number so that it survives a crash at any moment. */
export interface SequenceStore {
  /** The highest number ever reserved; 0 where none was. */
  load(): Promise<number>
  /** Resolves only once `reserved` would be read back after a power cut. */
  save(reserved: number): Promise<void>
}

export interface SequenceComponents {
  store: SequenceStore
  clock: Clock
  log: Logger
}

export interface SequenceInit {
  /** How many numbers are reserved at a time. Default 100. */
  blockSize?: number
}

/**
 * Numbers for records and renewals: each `max(last + 1, Unix milliseconds)`, never one twice, whatever the clock does
 * and however the process ends, because a block is on disk before its first number is used. When the disk fails, time
 * alone serves.
 */
export class Sequence {
  readonly #store: SequenceStore
  readonly #clock: Clock
  readonly #log: Logger
  readonly #blockSize: number
  #last = 0
  #reserved: number | undefined
  #storeFails = false
  #turn: Promise<unknown> = Promise.resolve()

  constructor({ store, clock, log }: SequenceComponents, { blockSize = 100 }: SequenceInit = {}) {
    this.#store = store
    this.#clock = clock
    this.#log = log
    this.#blockSize = blockSize
  }

  /** The next number, in the order of the calls. Rejects with INTERNAL when there are none left below 2^53. */
  next(): Promise<number> {
    const number = this.#turn.then(() => this.#take())
    this.#turn = number.catch(() => undefined)
    return number
  }

  /** Makes all later numbers higher than `seq`: somebody holds one of ours that we do not remember. */
  jumpPast(seq: number): void {
    this.#last = Math.max(this.#last, seq)
  }

  async #take(): Promise<number> {
    const reserved = this.#reserved ?? (await this.#load())
    const seq = Math.max(this.#last + 1, this.#clock.now())
    if (seq > Number.MAX_SAFE_INTEGER) throw new RmaError('INTERNAL', 'no sequence numbers are left for this identity')
    if (seq > reserved) await this.#reserve(Math.min(seq + this.#blockSize - 1, Number.MAX_SAFE_INTEGER))
    this.#last = Math.max(this.#last, seq)
    return seq
  }

  /** Everything up to the reserved number counts as used: an earlier run may have used it. */
  async #load(): Promise<number> {
    try {
      const reserved = await this.#store.load()
      this.jumpPast(reserved)
      this.#reserved = reserved
      return reserved
    } catch (error) {
      this.#reportFailure(error)
      return 0
    }
  }

  async #reserve(upTo: number): Promise<void> {
    try {
      await this.#store.save(upTo)
      this.#reserved = upTo
      this.#storeFails = false
    } catch (error) {
      this.#reportFailure(error)
    }
  }

  #reportFailure(error: unknown): void {
    if (!this.#storeFails)
      this.#log.warn({ err: error }, 'sequence numbers cannot be saved; the clock alone orders records')
    this.#storeFails = true
  }
}
