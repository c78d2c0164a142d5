import { type Command, InvalidArgumentError } from 'commander'
import { safeParse } from '../../shared/safe-parse.ts'
import { kibPerSecondSchema, type Limits } from '../../shared/schema/limits.ts'
import { type CommandContext, type CommonOptions, dataFolderOption, jsonOption, print } from './command-context.ts'
import { askNode, findRunningNode } from './running-node.ts'

/** KiB a second; null: no bound. */
type Rate = number | null
type Bandwidth = { down: Rate; up: Rate }

/** `bandwidth`: shows or sets how fast others' work may use the connection. */
export function addBandwidth(program: Command, context: CommandContext): void {
  program
    .command('bandwidth')
    .description('show or set how fast documents and answers of others may pass, in KiB a second')
    .option('--down <rate>', 'of what comes in: a number, or none', parseRate)
    .option('--up <rate>', 'of what goes out: a number, or none', parseRate)
    .option(...jsonOption)
    .option(...dataFolderOption)
    .action(async ({ down, up, ...options }: CommonOptions & Partial<Bandwidth>) => {
      const node = await findRunningNode(options.dataFolder, context.env)
      const limits = await askNode(node, async rpc => {
        const { limits: current } = await rpc.settings.get()
        if (down === undefined && up === undefined) return current
        return (await rpc.settings.update({ limits: bounded(current, { down, up }) })).limits
      })
      const { downKibPerSecond = null, upKibPerSecond = null } = limits.network
      const said = { down: downKibPerSecond, up: upKibPerSecond }
      print(context, options, said, () => formatBandwidth(said))
    })
}

/** Undefined leaves a bound as it is. */
function bounded(limits: Limits, { down, up }: { [K in keyof Bandwidth]: Rate | undefined }): Limits {
  const { downKibPerSecond, upKibPerSecond, ...network } = limits.network
  const [downNow, upNow] = [down === undefined ? downKibPerSecond : down, up === undefined ? upKibPerSecond : up]
  return {
    ...limits,
    network: {
      ...network,
      ...(downNow == null ? {} : { downKibPerSecond: downNow }),
      ...(upNow == null ? {} : { upKibPerSecond: upNow }),
    },
  }
}

export function formatBandwidth({ down, up }: Bandwidth): string {
  const said = (rate: Rate) => (rate === null ? 'no limit' : `at most ${rate} KiB/s`)
  return `Down: ${said(down)}\nUp: ${said(up)}`
}

/** @throws InvalidArgumentError */
export function parseRate(text: string): Rate {
  if (text === 'none') return null
  const rate = safeParse(kibPerSecondSchema, /^\d+$/.test(text) ? Number(text) : Number.NaN)
  if (!rate.success) throw new InvalidArgumentError('Expected KiB a second, from 1 to 10485760, or none.')
  return rate.data
}
