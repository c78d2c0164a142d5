import { systemClock } from '../../clock.ts'
import { createLog, LogBuffer } from '../../log.ts'
import { Ledger, ledgerThreadUrl } from '../ledger.ts'
import { madeUpJob } from './made-up-job.ts'

/*
 * Writes jobs into the ledger named on the command line, from a number on, until it is killed. Prints the number of each
 * job once it is safe on the disk.
 */
const [path = '', first = '0'] = process.argv.slice(2)
const log = createLog({ level: 'error', buffer: new LogBuffer() })
const ledger = new Ledger({ clock: systemClock, log }, { path, thread: ledgerThreadUrl(''), keepDays: () => 365 })
await ledger.start()

let number = Number(first)
const write = () => {
  const mine = number++
  void ledger.record(madeUpJob(mine)).then(() => {
    process.stdout.write(`${mine}\n`)
    write()
  })
}
for (let lane = 0; lane < 8; lane++) write()
