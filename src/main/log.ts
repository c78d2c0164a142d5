import { type DestinationStream, type Logger, multistream, pino, stdTimeFunctions } from 'pino'
import type { LogEntry, LogLevel } from '../shared/schema/log.ts'

export type { Logger } from 'pino'

const keptEntries = 2_000
const levelNames: Record<number, LogLevel> = { 20: 'debug', 30: 'info', 40: 'warn', 50: 'error', 60: 'error' }

/** The newest log entries in memory, for the Logs page. */
export class LogBuffer implements DestinationStream {
  readonly #entries: LogEntry[] = []
  readonly #listeners = new Set<() => void>()
  #nextId = 1

  /** Takes one line of JSON as pino writes it. */
  write(line: string): void {
    const { level, time, component, msg, ...details } = JSON.parse(line) as Record<string, unknown>
    this.#entries.push({
      id: this.#nextId++,
      time: Number(time),
      level: levelNames[Number(level)] ?? 'info',
      component: typeof component === 'string' ? component : 'node',
      message: String(msg ?? ''),
      details,
    })
    if (this.#entries.length > keptEntries) this.#entries.shift()
    for (const listener of [...this.#listeners]) listener()
  }

  /** The kept entries, then new ones in batches as they come; ends when `signal` aborts. */
  async *watch(signal?: AbortSignal): AsyncGenerator<LogEntry[], void, void> {
    let seen = 0
    for (;;) {
      if (signal?.aborted) return
      const fresh = this.#entries.filter(entry => entry.id > seen)
      const last = fresh.at(-1)
      if (last === undefined && seen > 0) await this.#written(signal)
      else {
        seen = Math.max(last?.id ?? 0, 1)
        yield fresh
      }
    }
  }

  #written(signal?: AbortSignal): Promise<void> {
    return new Promise(resolve => {
      const done = () => {
        this.#listeners.delete(done)
        signal?.removeEventListener('abort', done)
        resolve()
      }
      this.#listeners.add(done)
      signal?.addEventListener('abort', done)
    })
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
