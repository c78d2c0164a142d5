import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Command } from 'commander'
import { RmaError } from '../../shared/errors.ts'
import type { InstallOffer, InstallStep } from '../../shared/schema/tunnel.ts'
import { MiB } from '../../shared/units.ts'
import type { NodeClient } from '../rpc/client.ts'
import { type CommandContext, type CommonOptions, dataFolderOption, jsonOption, print } from './command-context.ts'
import { askNode, findRunningNode } from './running-node.ts'

type Program = Extract<InstallOffer, { kind: 'here' }>

/** `tunnel install`: downloads cloudflared for an owner who says yes to it. */
export function addTunnelInstall(tunnel: Command, context: CommandContext): void {
  tunnel
    .command('install')
    .description('download cloudflared, which makes tunnels: the one release that this version was checked with')
    .option('--yes', 'do not ask')
    .option(...jsonOption)
    .option(...dataFolderOption)
    .action(async ({ yes = false, ...options }: CommonOptions & { yes?: boolean }) => {
      const node = await findRunningNode(options.dataFolder, context.env)
      const offer = await askNode(node, rpc => rpc.tunnel.offer())
      if (offer.kind === 'offered' && !yes && !(await agrees(offer, options, context)))
        throw new RmaError('CANCELLED', 'nothing was downloaded')
      const program = offer.kind === 'here' ? offer : await askNode(node, rpc => download(rpc, context))
      print(context, options, program, () => `cloudflared ${program.version}: ${program.path}`)
    })
}

async function agrees(
  { version, bytes, source }: Extract<InstallOffer, { kind: 'offered' }>,
  { json }: CommonOptions,
  { input, errorOutput, signal }: CommandContext,
): Promise<boolean> {
  if (json === true) throw new RmaError('BAD_REQUEST', 'expected --yes beside --json: nobody can be asked')
  errorOutput.write(`Download cloudflared ${version} (${mib(bytes)} MiB) from ${source}? [y/N] `)
  const lines = createInterface({ input })
  try {
    const [answer] = await Promise.race([once(lines, 'line', { signal }), once(lines, 'close', { signal })])
    return /^y(es)?$/i.test(String(answer ?? '').trim())
  } finally {
    lines.close()
  }
}

async function download(rpc: NodeClient['rpc'], { errorOutput, signal }: CommandContext): Promise<Program> {
  let last: InstallStep | undefined
  for await (const step of await rpc.tunnel.install(undefined, { signal })) {
    last = step
    if (step.kind === 'progress' && errorOutput.isTTY === true)
      errorOutput.write(`\r${mib(step.received)} of ${mib(step.total)} MiB `)
  }
  signal.throwIfAborted()
  if (errorOutput.isTTY === true) errorOutput.write('\n')
  if (last?.kind !== 'here') throw new RmaError('SIDECAR_DOWNLOAD_FAILED', 'the node told no end of the download')
  return last
}

function mib(bytes: number): string {
  return (bytes / MiB).toFixed(1)
}
