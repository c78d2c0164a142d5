import type { Worker } from 'node:worker_threads'
import type { NumberedCommand } from './ledger-messages.ts'

/** An entry goes from a thread that failed to the next, but not on and on: it may be what they fail of. */
const mostThreads = 2

/** A command of the ledger until it is answered. */
export interface AskedCommand {
  command: NumberedCommand
  /** Has the command; undefined while it waits for one that opens. */
  thread: Worker | undefined
  /** How many threads have had it. */
  threads: number
  resolve(value: unknown): void
  reject(error: Error): void
}

export function hand(asked: AskedCommand, thread: Worker): void {
  asked.thread = thread
  asked.threads++
  thread.postMessage(asked.command)
}

/** Whether it is for another thread, once the one that has it failed: who asks something may ask again. */
export function goesOn({ command, threads }: AskedCommand): boolean {
  return command.kind === 'write' && threads < mostThreads
}
