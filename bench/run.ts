import { writeFile } from 'node:fs/promises'
import { interruptSignal } from '../src/main/cli/interrupt.ts'
import { runAll } from './all.ts'
import { type BenchAll, type BenchRun, parseArguments, usage } from './arguments.ts'
import { benchmarks } from './benchmarks.ts'
import { ProgressLine } from './progress-line.ts'
import { type BenchReport, describeEnvironment, formatList, formatReport } from './report.ts'

// npm run bench [-- <name> [--json FILE] [--repeats N]]
// npm run bench -- all [<name> ...] [--repeats N]

const failed = 1
const wrongUsage = 2

async function measure({ name, repeats }: BenchRun): Promise<BenchReport> {
  const benchmark = benchmarks.find(each => each.name === name)
  if (benchmark === undefined) throw new Error(`there is no benchmark ${name}`)
  const line = new ProgressLine(process.stderr)
  try {
    const result = await benchmark.run({
      progress: text => line.show(`${name}: ${text}`),
      repeats,
      signal: interruptSignal(),
    })
    return {
      name,
      environment: describeEnvironment(),
      settings: { repeats, ...result.settings },
      metrics: result.metrics,
    }
  } finally {
    line.clear()
  }
}

async function run(command: BenchRun | BenchAll): Promise<void> {
  if (command.kind === 'all') return await runAll(benchmarks, command, interruptSignal())
  const report = await measure(command)
  console.log(formatReport(report))
  if (command.json !== undefined) await writeFile(command.json, `${JSON.stringify(report, null, 2)}\n`)
}

function readArguments() {
  try {
    return parseArguments(
      process.argv.slice(2),
      benchmarks.map(({ name }) => name),
    )
  } catch (error) {
    console.error(`bench: ${(error as Error).message}\nusage: ${usage}`)
    return undefined
  }
}

const command = readArguments()
if (command === undefined) process.exitCode = wrongUsage
else if (command.kind === 'list') console.log(`Benchmarks, each run with ${usage}:\n\n${formatList(benchmarks)}`)
else {
  try {
    await run(command)
  } catch (error) {
    console.error(`bench: ${error instanceof Error ? error.message : String(error)}`)
    process.exitCode = failed
  }
}
