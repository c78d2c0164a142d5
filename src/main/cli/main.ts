import packageJson from '../../../package.json' with { type: 'json' }
import { interruptSignal } from './interrupt.ts'
import { run } from './run.ts'

process.exitCode = await run(process.argv.slice(2), {
  env: process.env,
  version: packageJson.version,
  entryUrl: import.meta.url,
  input: process.stdin,
  output: process.stdout,
  errorOutput: process.stderr,
  signal: interruptSignal(),
  now: Date.now,
})
