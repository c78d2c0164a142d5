import { type Command, InvalidArgumentError, Option } from 'commander'
import { z } from 'zod'
import { type Role, roleSchema } from '../../shared/membership/certificate.ts'
import { safeParse } from '../../shared/safe-parse.ts'
import {
  type Application,
  applicationsSchema,
  type CreatedInvite,
  createdInviteSchema,
  type InviteAnswer,
  invitesSchema,
  type MemberAnswer,
  membersSchema,
  type Policy,
  policyAnswerSchema,
  policySchema,
} from '../../shared/schema/membership-api.ts'
import { type Milliseconds, second } from '../../shared/units.ts'
import { type CommandContext, type CommonOptions, dataFolderOption, jsonOption, print } from './command-context.ts'
import { findCoordinator } from './operator-api.ts'
import { parseDuration } from './options.ts'
import { formatTable } from './table.ts'

const nothing = z.undefined()

interface InviteOptions extends CommonOptions {
  uses?: number
  expires?: Milliseconds
  role?: Role[]
  note?: string
}

/** `rma-donor invite`, at a coordinator that holds the network's CA key. */
export function addInvite(program: Command, context: CommandContext): void {
  const invite = program
    .command('invite')
    .enablePositionalOptions()
    .description('make an invite to the network of the coordinator that runs here; it is printed this once')
    .option('--uses <count>', 'how many machines may join with it (default: 1)', parseUses)
    .option('--expires <time>', 'how long it is good for, such as 7d (the default) or 12h', parseDuration)
    .addOption(roleOption())
    .option('--note <text>', 'for your own list: whom it is for')
    .option(...jsonOption)
    .option(...dataFolderOption)
    .action(async (options: InviteOptions) => {
      const { uses, expires, role, note } = options
      const api = await findCoordinator(options.dataFolder, context.env)
      const created = await api.ask('POST', '/api/admin/invites', createdInviteSchema, {
        ...(uses === undefined ? {} : { uses }),
        ...(expires === undefined ? {} : { expires_in_seconds: Math.ceil(expires / second) }),
        ...(role === undefined ? {} : { roles: role }),
        ...(note === undefined ? {} : { note }),
      })
      print(context, options, created, () => formatCreated(created))
    })
  invite
    .command('list')
    .description('the invites there are, without their codes')
    .option(...jsonOption)
    .option(...dataFolderOption)
    .action(async (options: CommonOptions) => {
      const api = await findCoordinator(options.dataFolder, context.env)
      const answer = await api.ask('GET', '/api/admin/invites', invitesSchema)
      print(context, options, answer, () => formatInvites(answer.invites))
    })
  invite
    .command('revoke')
    .description('take an invite back; those whom it let in remain')
    .argument('<id>', 'as `rma-donor invite list` shows it')
    .option(...jsonOption)
    .option(...dataFolderOption)
    .action(async (id: string, options: CommonOptions) => {
      const api = await findCoordinator(options.dataFolder, context.env)
      await api.ask('DELETE', `/api/admin/invites/${encodeURIComponent(id)}`, nothing)
      print(context, options, { revoked: id }, () => `Revoked ${id}.`)
    })
}

/** `rma-donor members`, at a coordinator that holds the network's CA key. */
export function addMembers(program: Command, context: CommandContext): void {
  const members = program.command('members').description('who is a member of this coordinator’s network')
  members
    .command('list', { isDefault: true })
    .description('the members this coordinator knows')
    .option(...jsonOption)
    .option(...dataFolderOption)
    .action(async (options: CommonOptions) => {
      const api = await findCoordinator(options.dataFolder, context.env)
      const answer = await api.ask('GET', '/api/admin/members', membersSchema)
      print(context, options, answer, () => formatMembers(answer.members))
    })
  members
    .command('waiting')
    .description('who has asked to become a member, and waits for you')
    .option(...jsonOption)
    .option(...dataFolderOption)
    .action(async (options: CommonOptions) => {
      const api = await findCoordinator(options.dataFolder, context.env)
      const answer = await api.ask('GET', '/api/admin/approvals', applicationsSchema)
      print(context, options, answer, () => formatApplications(answer.approvals))
    })
  members
    .command('policy')
    .description('who becomes a member: everybody, who has an invite, or whom you approve')
    .argument('[policy]', `${policySchema.options.join(', ')}; nothing shows the present one`, parsePolicy)
    .option(...jsonOption)
    .option(...dataFolderOption)
    .action(async (policy: Policy | undefined, options: CommonOptions) => {
      const api = await findCoordinator(options.dataFolder, context.env)
      const [method, body] = policy === undefined ? (['GET', undefined] as const) : (['PUT', { policy }] as const)
      const answer = await api.ask(method, '/api/admin/policy', policyAnswerSchema, body)
      print(context, options, answer, () => answer.policy)
    })
  const act = (name: string, description: string, path: (peer: string) => string, done: string) =>
    members
      .command(name)
      .description(description)
      .argument('<peer>', 'peer id of the machine')
      .option(...jsonOption)
      .option(...dataFolderOption)
      .action(async (peer: string, options: CommonOptions) => {
        const api = await findCoordinator(options.dataFolder, context.env)
        await api.ask('POST', `/api/admin/${path(encodeURIComponent(peer))}`, nothing)
        print(context, options, { peer }, () => `${done} ${peer}.`)
      })
  act('refuse', 'decline a request to become a member', peer => `approvals/${peer}/refuse`, 'Declined')
  act('revoke', 'take a member out of the network, at once', peer => `members/${peer}/revoke`, 'Took out')
  act('reinstate', 'let a member that was taken out enrol again', peer => `members/${peer}/reinstate`, 'Reinstated')
  addWithRoles(members, context)
}

function addWithRoles(members: Command, context: CommandContext): void {
  members
    .command('approve')
    .description('admit a machine that has asked')
    .argument('<peer>', 'peer id of the machine')
    .addOption(roleOption())
    .option(...jsonOption)
    .option(...dataFolderOption)
    .action(async (peer: string, options: CommonOptions & { role?: Role[] }) => {
      const api = await findCoordinator(options.dataFolder, context.env)
      const body = options.role === undefined ? {} : { roles: options.role }
      await api.ask('POST', `/api/admin/approvals/${encodeURIComponent(peer)}/approve`, nothing, body)
      print(context, options, { peer }, () => `Admitted ${peer}.`)
    })
  members
    .command('roles')
    .description('what a member may do, from its next certificate on')
    .argument('<peer>', 'peer id of the machine')
    .argument('<role...>', roleSchema.options.join(', '))
    .option(...jsonOption)
    .option(...dataFolderOption)
    .action(async (peer: string, roles: string[], options: CommonOptions) => {
      const api = await findCoordinator(options.dataFolder, context.env)
      await api.ask('PUT', `/api/admin/members/${encodeURIComponent(peer)}/roles`, nothing, { roles })
      print(context, options, { peer, roles }, () => `${peer} is ${roles.join(', ')} from its next certificate on.`)
    })
}

function roleOption(): Option {
  return new Option('--role <role...>', 'what its holder may do (default: donor requester)').choices(roleSchema.options)
}

function parseUses(text: string): number {
  const uses = /^\d{1,6}$/.test(text) ? Number(text) : 0
  if (uses < 1) throw new InvalidArgumentError('Expected a number above 0.')
  return uses
}

function parsePolicy(text: string): Policy {
  const parsed = safeParse(policySchema, text)
  if (!parsed.success) throw new InvalidArgumentError(`Expected ${policySchema.options.join(', ')}.`)
  return parsed.data
}

function formatCreated({ invite, link, uses, expires_at }: CreatedInvite): string {
  const machines = uses === 1 ? 'one machine' : `${uses} machines`
  return `${invite}\n\nFor ${machines}, until ${minuteOf(expires_at)}. As a link that opens the app:\n${link}`
}

function formatInvites(invites: readonly InviteAnswer[]): string {
  const rows = invites.map(({ id, state, used, uses, roles, expires_at, note }) => [
    id,
    state,
    `${used} of ${uses}`,
    roles.join(' '),
    minuteOf(expires_at),
    note,
  ])
  return formatTable([['ID', 'STATE', 'USED', 'ROLES', 'UNTIL', 'NOTE'], ...rows])
}

function formatMembers(members: readonly MemberAnswer[]): string {
  const rows = members.map(({ peer_id, state, roles, certificate_expires_at, label }) => [
    peer_id,
    state,
    roles.join(' '),
    certificate_expires_at === null ? '' : minuteOf(certificate_expires_at),
    label,
  ])
  return formatTable([['PEER', 'STATE', 'ROLES', 'CERTIFICATE UNTIL', 'LABEL'], ...rows])
}

function formatApplications(applications: readonly Application[]): string {
  const rows = applications.map(({ peer_id, state, asked_at, label }) => [peer_id, state, minuteOf(asked_at), label])
  return formatTable([['PEER', 'STATE', 'ASKED', 'LABEL'], ...rows])
}

function minuteOf(at: Milliseconds): string {
  return new Date(at).toISOString().slice(0, 16).replace('T', ' ')
}
