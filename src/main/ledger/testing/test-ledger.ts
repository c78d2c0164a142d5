import { join } from 'node:path'
import { pino } from 'pino'
import { onTestFinished } from 'vitest'
import { temporaryFolder } from '../../../../e2e/support/temporary-folder.ts'
import { type Clock, systemClock } from '../../clock.ts'
import { Ledger, ledgerThreadUrl } from '../ledger.ts'

const log = pino({ level: 'silent' })

/** All days that a ledger may hold. */
export const always = { from: '0000-01-01', to: '9999-12-31' }

interface Opening {
  path?: string
  keepDays?: number
  restAfterMs?: number
  thread?: URL
  clock?: Clock
}

/** Where a test keeps its ledger. */
export interface LedgerFolder {
  folder: string
  path: string
  /** One that is not started. */
  makeLedger(init?: Opening): Ledger
  /** One that is started, and stops with the test. */
  openLedger(init?: Opening): Promise<Ledger>
}

/** A folder for the ledger of the present test, which goes with it. */
export async function ledgerFolder(): Promise<LedgerFolder> {
  const { path: folder, remove } = await temporaryFolder()
  onTestFinished(remove)
  const path = join(folder, 'ledger.db')
  const makeLedger = (init: Opening = {}) =>
    new Ledger(
      { clock: init.clock ?? systemClock, log },
      {
        path: init.path ?? path,
        thread: init.thread ?? ledgerThreadUrl(''),
        keepDays: () => init.keepDays ?? 365,
        ...(init.restAfterMs === undefined ? {} : { restAfterMs: init.restAfterMs }),
      },
    )
  const openLedger = async (init?: Opening) => {
    const ledger = makeLedger(init)
    await ledger.start()
    onTestFinished(() => ledger.stop())
    return ledger
  }
  return { folder, path, makeLedger, openLedger }
}
