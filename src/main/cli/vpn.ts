import { type Command, InvalidArgumentError } from 'commander'
import type { VpnLoss, VpnState } from '../../shared/schema/vpn.ts'
import { type CommandContext, type CommonOptions, dataFolderOption, jsonOption, print } from './command-context.ts'
import { askNode, findRunningNode } from './running-node.ts'

/** `vpn`: shows the node's place in the network's VPN, or switches it on or off. */
export function addVpn(program: Command, context: CommandContext): void {
  program
    .command('vpn')
    .description('show the node’s place in the network’s VPN, or switch it on or off')
    .argument('[wish]', 'on or off; nothing shows how it is', parseWish)
    .option(...jsonOption)
    .option(...dataFolderOption)
    .action(async (wish: boolean | undefined, options: CommonOptions) => {
      const node = await findRunningNode(options.dataFolder, context.env)
      const state = await askNode(node, async rpc => {
        if (wish !== undefined) await rpc.settings.update({ vpn: { enabled: wish } })
        return rpc.vpn.get()
      })
      print(context, options, state, () => formatVpn(state))
    })
}

function parseWish(text: string): boolean {
  if (text === 'on' || text === 'off') return text === 'on'
  throw new InvalidArgumentError('Expected on or off.')
}

const losses: Record<VpnLoss, string> = {
  expired: 'the certificate has ended',
  blocked: 'the certificate was taken back',
}

export function formatVpn(state: VpnState): string {
  switch (state.kind) {
    case 'off':
      return 'The VPN is off.'
    case 'waiting':
      if (state.lost === undefined) return 'Waiting for a coordinator to give out an address.'
      return `Out of the VPN: ${losses[state.lost]}. A coordinator is asked for a new certificate.`
    case 'starting':
      return `Starting as ${state.ip}.`
    case 'ready':
      return `In the VPN as ${state.ip}.`
    case 'backing-off':
      return `The VPN does not run: ${state.why}. It is tried again at ${new Date(state.until).toISOString()}.`
    case 'unavailable':
      return `There is no VPN here: ${state.why}. To have it, ${state.todo}.`
  }
}
