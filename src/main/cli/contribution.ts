import { once } from 'node:events'
import { resolve } from 'node:path'
import type { Writable } from 'node:stream'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { answeredOf } from '../../shared/answered.ts'
import { safeParse } from '../../shared/safe-parse.ts'
import {
  type Contribution,
  type ContributionSum,
  calendarDaySchema,
  type DaySpan,
  type ExportFormat,
  exportFormatSchema,
  nothingGiven,
} from '../../shared/schema/contribution.ts'
import { day, hour, MiB, minute, second } from '../../shared/units.ts'
import { add } from '../ledger/contribution.ts'
import { type CommandContext, type CommonOptions, dataFolderOption, jsonOption, print } from './command-context.ts'
import { askNode, findRunningNode } from './running-node.ts'
import { saveToFile } from './save-to-file.ts'
import { formatTable } from './table.ts'

const shownDays = 30

interface ExportOptions extends CommonOptions {
  format: ExportFormat
  output?: string
}

/** `contribution`: what this node has given, from its ledger; `contribution export` writes every job out. */
export function addContribution(program: Command, context: CommandContext): void {
  const contribution = program
    .command('contribution')
    .description('what this node has done for others, by service, with an estimate of the energy it took')
    .option('--from <day>', `first day (default: ${shownDays} days ago)`, parseDay)
    .option('--to <day>', 'last day (default: today)', parseDay)
    .option(...jsonOption)
    .option(...dataFolderOption)
    .action(async (options: CommonOptions & Partial<DaySpan>) => {
      const node = await findRunningNode(options.dataFolder, context.env)
      const span = {
        from: options.from ?? localDay(context.now() - shownDays * day),
        to: options.to ?? localDay(context.now()),
      }
      const given = await askNode(node, rpc => rpc.ledger.contribution(span))
      print(context, options, given, () => formatContribution(given, span))
    })

  contribution
    .command('import')
    .description('take over the jobs of another ledger, such as one of an old machine; none counts twice')
    .argument('<file>', 'its ledger.db')
    .option(...dataFolderOption)
    .action(async (file: string, { dataFolder }: CommonOptions, command: Command) => {
      const { dataFolder: outer } = command.optsWithGlobals<CommonOptions>()
      const node = await findRunningNode(dataFolder ?? outer, context.env)
      const { added } = await askNode(node, rpc => rpc.ledger.import({ path: resolve(file) }))
      context.output.write(`${added} jobs taken over.\n`)
    })

  contribution
    .command('export')
    .description('write every job of the ledger out, to a file or standard output')
    .addOption(new Option('--format <format>', 'how').choices(exportFormatSchema.options).default('csv'))
    .option('--output <file>', 'file to write')
    .option(...dataFolderOption)
    .action(async ({ format, output, dataFolder }: ExportOptions, command: Command) => {
      const { dataFolder: outer } = command.optsWithGlobals<CommonOptions>()
      const node = await findRunningNode(dataFolder ?? outer, context.env)
      const tell = (words: string) => context.errorOutput.isTTY === true && context.errorOutput.write(words)
      await askNode(node, async rpc => {
        const pieces = await rpc.ledger.export({ format })
        async function* texts() {
          for await (const { text, written, total } of pieces) {
            yield text
            tell(`\r${written} of ${total} jobs`)
          }
        }
        if (output === undefined) for await (const text of texts()) await write(context.output, text)
        else await saveToFile(texts(), output, { mode: 0o600, signal: context.signal })
      })
      tell('\n')
    })
}

export function formatContribution({ days, served, energy }: Contribution, { from, to }: DaySpan): string {
  const services = [...new Set(days.filter(({ role }) => role === 'served').map(({ service }) => service))]
  const rows = services.map(service => {
    const ofService = days.filter(total => total.service === service && total.role === 'served')
    return [service, ...cells(ofService.reduce(add, nothingGiven))]
  })
  const header = ['SERVICE', 'REQUESTS', 'FAILED', 'VERIFIED', 'DATA', 'PROCESSOR', 'GRAPHICS']
  const table = formatTable([header, ...rows, ['all', ...cells(served)]], new Set([1, 2, 3, 4, 5, 6]))
  const cost = energy.cost === undefined ? '' : `, ${energy.cost.amount.toFixed(2)} ${energy.cost.currency}`
  return `${from} to ${to}\n\n${table}\n\nAbout ${(energy.wattHours / 1_000).toFixed(3)} kWh${cost} (an estimate: see docs/operations.md)`
}

function cells(sum: ContributionSum): string[] {
  const { failed, verified, bytesIn, bytesOut, cpuMs, gpuMs } = sum
  const data = `${((bytesIn + bytesOut) / MiB).toFixed(1)} MiB`
  return [String(answeredOf(sum)), String(failed), String(verified), data, time(cpuMs), time(gpuMs)]
}

function time(ms: number): string {
  if (ms >= hour) return `${(ms / hour).toFixed(1)} h`
  return ms >= minute ? `${(ms / minute).toFixed(1)} min` : `${(ms / second).toFixed(1)} s`
}

function parseDay(text: string): string {
  if (safeParse(calendarDaySchema, text).success) return text
  throw new InvalidArgumentError('Expected a day such as 2026-06-03.')
}

/** The day by the clock of whoever asks. */
export function localDay(at: number): string {
  const date = new Date(at)
  const two = (value: number) => String(value).padStart(2, '0')
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
}

async function write(target: Writable, text: string): Promise<void> {
  if (!target.write(text)) await once(target, 'drain')
}
