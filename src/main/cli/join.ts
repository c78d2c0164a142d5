import type { Command } from 'commander'
import { pino } from 'pino'
import { RmaError } from '../../shared/errors.ts'
import type { JoinResult, Membership, Renewal } from '../../shared/schema/membership.ts'
import type { Milliseconds } from '../../shared/units.ts'
import { type CommandContext, type CommonOptions, dataFolderOption, jsonOption, print } from './command-context.ts'
import { readText } from './request.ts'
import { askNode, findRunningNode } from './running-node.ts'

/** Far longer than any invite. */
const maxInputBytes = 16_384

interface JoinOptions extends CommonOptions {
  label?: string
}

export function addJoin(program: Command, context: CommandContext): void {
  program
    .command('join')
    .description('join the network of an invite; works whether or not a node is running')
    .argument('<invite>', 'rma1… or its link; - reads it from standard input')
    .option('--label <text>', 'what the operator sees of this machine')
    .option(...jsonOption)
    .option(...dataFolderOption)
    .action(async (given: string, options: JoinOptions) => {
      const invite = given === '-' ? await readText(context.input, maxInputBytes) : given
      const result = await join(invite, options, context)
      print(context, options, result, () => formatJoined(result))
    })
}

export function addMembership(program: Command, context: CommandContext): void {
  program
    .command('membership')
    .description('what this node is in its network, and until when')
    .option(...jsonOption)
    .option(...dataFolderOption)
    .action(async (options: CommonOptions) => {
      const node = await findRunningNode(options.dataFolder, context.env)
      const membership = await askNode(node, rpc => rpc.membership.get())
      print(context, options, membership, () => formatMembership(membership, context.now()))
    })
}

async function join(invite: string, { dataFolder, label }: JoinOptions, context: CommandContext): Promise<JoinResult> {
  const input = { invite, ...(label === undefined ? {} : { label }) }
  try {
    const node = await findRunningNode(dataFolder, context.env)
    return await askNode(node, rpc => rpc.membership.join(input))
  } catch (error) {
    if (!(error instanceof RmaError) || error.code !== 'NODE_NOT_RUNNING') throw error
    return joinWithoutNode(input, dataFolder, context)
  }
}

/** Does what the node would: makes its identity where there is none yet, and writes its settings. */
async function joinWithoutNode(
  input: { invite: string; label?: string },
  dataFolder: string | undefined,
  { env, signal }: CommandContext,
): Promise<JoinResult> {
  // Loaded only here: with a running node the command needs none of it, and starts in a fraction of the time.
  const [{ systemClock }, { loadIdentity }, { loadConfig }, { SettingsStore }, { joinNetwork }] = await Promise.all([
    import('../clock.ts'),
    import('../config/identity.ts'),
    import('../config/node-config.ts'),
    import('../config/settings-store.ts'),
    import('../membership/join.ts'),
  ])
  const config = await loadConfig({ env, flags: dataFolder === undefined ? {} : { dataFolder } })
  const log = pino({ level: 'silent' })
  const settings = new SettingsStore({ clock: systemClock, log }, config)
  await settings.load()
  const privateKey = await loadIdentity(config.dataFolder)
  const init = { ...input, dataFolder: config.dataFolder, signal }
  const joined = await joinNetwork({ privateKey, settings, clock: systemClock, log }, init)
  return { ...joined, restarting: false }
}

export function formatJoined({ network, status, restarting }: JoinResult): string {
  const joined =
    status === 'member'
      ? `This machine is a member of ${network}.`
      : `${network} knows of this machine; its operator has yet to approve.`
  return `${joined} ${restarting ? 'The node is starting anew, in that network.' : 'It takes part from the node’s next start.'}`
}

export function formatMembership(membership: Membership, now: Milliseconds): string {
  switch (membership.kind) {
    case 'open':
      return 'This network has no members: everybody takes part.'
    case 'member':
      return [
        `Member until ${date(membership.until)} as ${membership.roles.join(', ')}.`,
        ...renewalLines(membership.renewal, now),
      ].join('\n')
    case 'expired':
      return [`Was a member until ${date(membership.until)}.`, ...renewalLines(membership.renewal, now)].join('\n')
    case 'pending':
      return ['The operator has yet to approve.', ...renewalLines(membership.renewal, now)].join('\n')
    case 'outside':
      return ['Not a member.', ...renewalLines(membership.renewal, now)].join('\n')
  }
}

function renewalLines({ nextTryAt, failure }: Renewal, now: Milliseconds): string[] {
  const next = `Asks for a certificate ${nextTryAt <= now ? 'now' : `at ${date(nextTryAt)}`}.`
  return failure === undefined ? [next] : [`Fails since ${date(failure.since)}: ${failure.message}.`, next]
}

function date(at: Milliseconds): string {
  return new Date(at).toISOString().slice(0, 16).replace('T', ' ')
}
