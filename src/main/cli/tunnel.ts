import { resolve } from 'node:path'
import { type Command, Option } from 'commander'
import { RmaError } from '../../shared/errors.ts'
import type { TunnelSettings, TunnelView } from '../../shared/schema/tunnel.ts'
import { type CommandContext, type CommonOptions, dataFolderOption, jsonOption, print } from './command-context.ts'
import { askNode, findRunningNode } from './running-node.ts'
import { addTunnelInstall } from './tunnel-install.ts'

interface OnOptions extends CommonOptions {
  tokenFile?: string
  hostname?: string
}

/** `tunnel`: lets others come through a Cloudflare tunnel to a node behind a router. */
export function addTunnel(program: Command, context: CommandContext): void {
  const tunnel = program.command('tunnel').description('a way in through Cloudflare for a node behind a router')

  const choose = async (options: CommonOptions, chosen: TunnelSettings) => {
    const node = await findRunningNode(options.dataFolder, context.env)
    const { tunnel: saved } = await askNode(node, rpc => rpc.settings.update({ tunnel: chosen }))
    print(context, options, saved, () =>
      saved.kind === 'off' ? 'No tunnel.' : 'The tunnel is being made: see `rma-donor tunnel status`.',
    )
  }

  tunnel
    .command('on')
    .description('make a tunnel: one with a name for once, or your own with its token')
    .option('--token-file <file>', 'token of a tunnel of your own, in a file that only you may read')
    .addOption(new Option('--hostname <name>', 'its public name, where its configuration does not say'))
    .option(...jsonOption)
    .option(...dataFolderOption)
    .action(async ({ tokenFile, hostname, ...options }: OnOptions) => {
      if (tokenFile === undefined && hostname !== undefined)
        throw new RmaError(
          'BAD_REQUEST',
          'expected --token-file beside --hostname: a quick tunnel gets its name by itself',
        )
      const named = hostname === undefined ? {} : { hostname }
      await choose(
        options,
        tokenFile === undefined ? { kind: 'quick' } : { kind: 'named', tokenFile: resolve(tokenFile), ...named },
      )
    })

  tunnel
    .command('off')
    .description('end it')
    .option(...jsonOption)
    .option(...dataFolderOption)
    .action((options: CommonOptions) => choose(options, { kind: 'off' }))

  addTunnelInstall(tunnel, context)

  tunnel
    .command('status')
    .description('how it is')
    .option(...jsonOption)
    .option(...dataFolderOption)
    .action(async (options: CommonOptions) => {
      const node = await findRunningNode(options.dataFolder, context.env)
      const view = await askNode(node, rpc => rpc.tunnel.get())
      print(context, options, view, () => tunnelSentence(view, context.now()))
    })
}

export function tunnelSentence(view: TunnelView, now: number): string {
  switch (view.kind) {
    case 'stopped':
      return 'No tunnel'
    case 'unavailable':
    case 'failed':
      return `No tunnel: ${view.why}`
    case 'starting':
      return 'Starting'
    case 'connecting':
      return `${view.url} does not lead here yet`
    case 'ready':
      return `${view.url} leads here`
    case 'backing-off':
      return `No tunnel: ${view.why}; next try in ${Math.max(0, Math.ceil((view.until - now) / 1_000))} s`
  }
}
