import type { Command } from 'commander'
import type { CoordinatorsSnapshot } from '../../shared/schema/coordinators.ts'
import { type CommandContext, type CommonOptions, dataFolderOption, jsonOption, print } from './command-context.ts'
import { askNode, findRunningNode } from './running-node.ts'
import { formatTable } from './table.ts'

export function addCoordinators(program: Command, context: CommandContext): void {
  program
    .command('coordinators')
    .description('the coordinators the node knows, nearest first, and how often it has asked the edge router today')
    .option('--location <label>', 'those there before all others')
    .option(...jsonOption)
    .option(...dataFolderOption)
    .action(async ({ location, ...options }: CommonOptions & { location?: string }) => {
      const node = await findRunningNode(options.dataFolder, context.env)
      const wanted = location === undefined ? {} : { location }
      const known = await askNode(node, rpc => rpc.network.coordinators(wanted))
      print(context, options, known, () => formatCoordinators(known))
    })
}

export function formatCoordinators({ coordinators, edgeRequestsToday }: CoordinatorsSnapshot): string {
  const rows = coordinators.map(({ peerId, location, rttMs, connected, url }) => [
    peerId,
    location ?? '-',
    rttMs === undefined ? '-' : `${rttMs.toFixed(1)} ms`,
    connected ? 'yes' : 'no',
    url ?? '-',
  ])
  const header = ['COORDINATOR', 'LOCATION', 'RTT', 'CONNECTED', 'API']
  const table = rows.length === 0 ? 'No coordinators are known.' : formatTable([header, ...rows], new Set([2]))
  return `${table}\n\nEdge requests today: ${edgeRequestsToday}`
}
