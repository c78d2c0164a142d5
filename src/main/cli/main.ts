import { version } from '../version.ts'
import { interruptSignal } from './interrupt.ts'
import { isBrokenPipe, run } from './run.ts'

// Without a listener a reader that has gone would end the node that writes its log to it.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', error => {
    if (!isBrokenPipe(error)) throw error
  })
}

process.exitCode = await run(process.argv.slice(2), {
  env: process.env,
  version,
  entryUrl: import.meta.url,
  input: process.stdin,
  output: process.stdout,
  errorOutput: process.stderr,
  signal: interruptSignal(),
  now: Date.now,
})

// What has stopped may leave a timer behind, as libp2p's address manager does for a second: once all is written, nothing is
// waited for.
process.stdout.write('', () => process.exit())
