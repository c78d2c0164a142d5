import { type DestinationStream, type Logger, multistream, pino, stdTimeFunctions } from 'pino'
import type { LogEntry, LogLevel } from '../shared/schema/log.ts'
import { LiveValue } from './live-value.ts'

export type { Logger } from 'pino'

const keptEntries = 2_000
const levelNames: Record<number, LogLevel> = { 20: 'debug', 30: 'info', 40: 'warn', 50: 'error', 60: 'error' }

/** The newest log entries in memory, for the Logs page. */
export class LogBuffer implements DestinationStream {
  readonly #entries: LogEntry[] = []
  readonly #lastId = new LiveValue(0)

  /** Takes one line of JSON as pino writes it. */
  write(line: string): void {
    const { level, time, component, msg, ...details } = JSON.parse(line) as Record<string, unknown>
    const id = this.#lastId.get() + 1
    this.#entries.push({
      id,
      time: typeof time === 'number' ? time : Date.now(),
      level: (typeof level === 'number' ? levelNames[level] : undefined) ?? 'info',
      component: typeof component === 'string' ? component : 'node',
      message: typeof msg === 'string' ? msg : '',
      details,
    })
    if (this.#entries.length > keptEntries) this.#entries.shift()
    this.#lastId.set(id)
  }

  /** The newest kept entries, oldest first. */
  latest(count: number): LogEntry[] {
    return this.#entries.slice(-count)
  }

  /** The kept entries at once, even when there are none, then new ones in batches as they come. */
  async *watch(signal?: AbortSignal): AsyncGenerator<LogEntry[], void, void> {
    let seen = 0
    for await (const lastId of this.#lastId.watch(signal)) {
      yield this.#entries.filter(entry => entry.id > seen)
      seen = lastId
    }
  }
}

export interface LogInit {
  level: LogLevel
  buffer: LogBuffer
  /** Where JSON lines go besides the buffer: standard error, a file. */
  destinations?: DestinationStream[]
}

/** Makes the root logger; parts log through `log.child({component: 'name'})`. */
export function createLog({ level, buffer, destinations = [] }: LogInit): Logger {
  return pino(
    { level, base: null, timestamp: stdTimeFunctions.epochTime },
    multistream([buffer, ...destinations].map(stream => ({ stream, level }))),
  )
}
