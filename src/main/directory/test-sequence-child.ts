import { pino } from 'pino'
import { TurnedClock } from '../clock.ts'
import { Sequence } from './sequence.ts'
import { SequenceFile } from './sequence-file.ts'

/** Takes numbers as fast as it can and reports each, until it is killed. Arguments: file, standing time. */
const [path = '', now = ''] = process.argv.slice(2)
const sequence = new Sequence({
  store: new SequenceFile(path),
  clock: new TurnedClock(Number(now)),
  log: pino({ level: 'silent' }),
})
while (process.connected) {
  const seq = await sequence.next()
  await new Promise<void>(resolve => {
    process.send?.(seq, () => resolve())
  })
}
