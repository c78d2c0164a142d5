import { type Command, InvalidArgumentError } from 'commander'
import { safeParse } from '../../shared/safe-parse.ts'
import { type Limits, type ScheduleSpan, scheduleSpanSchema, weekdaySchema } from '../../shared/schema/limits.ts'
import { type CommandContext, type CommonOptions, dataFolderOption, jsonOption, print } from './command-context.ts'
import { askNode, findRunningNode } from './running-node.ts'

const weekdays = weekdaySchema.options

/** `schedule`: shows, sets or clears the hours in which the node may work. */
export function addSchedule(program: Command, context: CommandContext): void {
  program
    .command('schedule')
    .description('show or set the hours in which the node may work')
    .argument('[spans...]', 'such as mon-fri 19:00-07:00 or sat,sun 00:00-00:00; nothing shows them', collectSpans)
    .option('--time-zone <name>', 'such as Europe/London (default: the machine’s)')
    .option('--clear', 'work at any hour')
    .option(...jsonOption)
    .option(...dataFolderOption)
    .action(async (given: string[] | undefined, options: CommonOptions & { timeZone?: string; clear?: boolean }) => {
      const spans = parseSpans(given ?? [])
      const node = await findRunningNode(options.dataFolder, context.env)
      const limits = await askNode(node, async rpc => {
        const { limits: current } = await rpc.settings.get()
        if (spans.length === 0 && options.clear !== true) return current
        const { schedule: _, ...others } = current
        const schedule = { spans, ...(options.timeZone === undefined ? {} : { timeZone: options.timeZone }) }
        const changed: Limits = options.clear === true ? others : { ...others, schedule }
        return (await rpc.settings.update({ limits: changed })).limits
      })
      print(context, options, limits.schedule ?? null, () => formatSchedule(limits.schedule))
    })
}

export function formatSchedule(schedule: Limits['schedule']): string {
  if (schedule === undefined) return 'At any hour.'
  const lines = schedule.spans.map(({ days, from, to }) => `${days.join(',')} ${from}-${to}`)
  return [...lines, `Time zone: ${schedule.timeZone ?? 'the machine’s'}`].join('\n')
}

/**
 * Pairs of days and hours: `mon-fri 19:00-07:00 sat,sun 00:00-00:00`.
 *
 * @throws InvalidArgumentError
 */
export function parseSpans(words: readonly string[]): ScheduleSpan[] {
  const spans: ScheduleSpan[] = []
  for (let index = 0; index < words.length; index += 2) {
    const [from, to] = (words[index + 1] ?? '').split('-')
    const span = safeParse(scheduleSpanSchema, { days: parseDays(words[index] ?? ''), from, to })
    if (!span.success) throw new InvalidArgumentError('Expected days and hours, such as mon-fri 19:00-07:00.')
    spans.push(span.data)
  }
  return spans
}

function parseDays(text: string): string[] {
  return text.split(',').flatMap(part => {
    const [first = '', last] = part.split('-')
    if (last === undefined) return [first]
    const [from, to] = [weekdays.indexOf(first as never), weekdays.indexOf(last as never)]
    if (from < 0 || to < 0) return [part]
    // fri-mon runs over the end of the week.
    const length = ((to - from + 7) % 7) + 1
    return Array.from({ length }, (_, offset) => weekdays[(from + offset) % 7] ?? part)
  })
}

function collectSpans(word: string, previous: string[] | undefined): string[] {
  return [...(previous ?? []), word]
}
