import { parentPort, workerData } from 'node:worker_threads'
import { systemClock } from '../clock.ts'
import { LedgerBook } from './ledger-book.ts'
import { LedgerNewer } from './ledger-failure.ts'
import type { LedgerCommand, LedgerReport, LedgerThreadData } from './ledger-messages.ts'

/** The thread that the ledger lives in: waiting for the disk holds up nothing but itself. */
function serveLedger(): void {
  const port = parentPort
  if (port === null) throw new Error('expected to run as a worker thread')
  const report = (message: LedgerReport) => port.postMessage(message)
  const book = new LedgerBook(
    { clock: systemClock },
    {
      ...(workerData as LedgerThreadData),
      onWritten: outcomes => report({ kind: 'written', outcomes }),
      onSnapshot: snapshot => report({ kind: 'snapshot', snapshot }),
    },
  )
  port.on('message', (command: LedgerCommand) => {
    if (command.kind === 'write') book.write(command.id, command.entry)
    else if (command.kind === 'ask') answer(book, command, report)
    else {
      book.close()
      report({ kind: 'closed' })
      port.close()
    }
  })
  try {
    book.open()
    report({ kind: 'opened' })
  } catch (error) {
    if (!(error instanceof LedgerNewer)) throw error
    report({ kind: 'refused', message: error.message })
    port.close()
  }
}

function answer(
  book: LedgerBook,
  { id, query }: Extract<LedgerCommand, { kind: 'ask' }>,
  report: (message: LedgerReport) => void,
): void {
  try {
    report({ kind: 'answer', id, value: book.ask(query) })
  } catch (error) {
    report({ kind: 'failed', id, message: messageOf(error) })
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

serveLedger()
