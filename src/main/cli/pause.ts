import type { Command } from 'commander'
import { activitySentence, gpuPauseSentence } from '../../shared/activity-sentence.ts'
import type { Status } from '../../shared/schema/status.ts'
import { english } from '../../shared/strings/english.ts'
import type { Milliseconds } from '../../shared/units.ts'
import { type CommandContext, type CommonOptions, dataFolderOption, jsonOption, print } from './command-context.ts'
import { parseDuration } from './options.ts'
import { askNode, findRunningNode } from './running-node.ts'

/** `pause` and `resume`: the owner takes the machine back for a while, or lets it work although a rule would hold it. */
export function addPause(program: Command, context: CommandContext): void {
  program
    .command('pause')
    .description('stop all work at once; requests under way are handed back for others to do')
    .argument('[for]', 'how long, such as 30m, 2h or 1h30m (default: until `resume`)', parseDuration)
    .option('--gpu', 'pause work on graphics cards alone and free their memory (default: until `resume --gpu`)')
    .option(...jsonOption)
    .option(...dataFolderOption)
    .action(async (forMs: Milliseconds | undefined, options: CommonOptions & { gpu?: boolean }) => {
      const node = await findRunningNode(options.dataFolder, context.env)
      const status = await askNode(node, async rpc => {
        const span = forMs === undefined ? {} : { forMs }
        await (options.gpu === true ? rpc.donation.pauseGpu(span) : rpc.donation.pause(span))
        return await rpc.status.get()
      })
      report(context, options, status)
    })

  program
    .command('resume')
    .description('end a pause; the owner’s rules decide again')
    .option('--gpu', 'let graphics cards work again')
    .option('--anyway [for]', 'work although rules would hold it, for so long (default: until `resume`)', parseDuration)
    .option(...jsonOption)
    .option(...dataFolderOption)
    .action(async (options: CommonOptions & { gpu?: boolean; anyway?: Milliseconds | true }) => {
      const { anyway, gpu } = options
      const node = await findRunningNode(options.dataFolder, context.env)
      const status = await askNode(node, async rpc => {
        if (gpu === true) await rpc.donation.resumeGpu()
        else if (anyway === undefined) await rpc.donation.resume()
        else await rpc.donation.workAnyway(anyway === true ? {} : { forMs: anyway })
        return await rpc.status.get()
      })
      report(context, options, status)
    })
}

function report(context: CommandContext, options: CommonOptions, status: Status): void {
  const { activity, allowance, counters } = status
  const now = context.now()
  print(context, options, { activity, allowance }, () =>
    [
      activitySentence({ activity, served: counters.served }, english.activity, now),
      gpuPauseSentence(allowance, english.activity, now),
    ]
      .filter(line => line !== undefined)
      .join('\n'),
  )
}
