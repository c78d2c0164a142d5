import { existsSync, rmSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import type { LedgerCommand, LedgerThreadData } from '../ledger-messages.ts'
import { failsAlways, failsOnce } from './failing-thread-files.ts'

/*
 * The ledger’s thread, which fails of what it is sent, and answers nothing more, once a file beside the ledger says so: of
 * one command, or of all.
 */
const { path } = workerData as LedgerThreadData
parentPort?.on('message', ({ kind }: LedgerCommand) => {
  if (kind === 'close' || !(existsSync(failsOnce(path)) || existsSync(failsAlways(path)))) return
  rmSync(failsOnce(path), { force: true })
  parentPort?.close()
  throw new Error('this thread was made to fail')
})
await import('../ledger-thread.ts')
