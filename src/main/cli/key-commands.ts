import type { Command } from 'commander'
import { z } from 'zod'
import { type ApiKeyAnswer, apiKeysSchema, createdApiKeySchema } from '../../shared/schema/coordinator-api.ts'
import type { Milliseconds } from '../../shared/units.ts'
import { type CommandContext, type CommonOptions, dataFolderOption, jsonOption, print } from './command-context.ts'
import { findCoordinator } from './operator-api.ts'
import { formatTable } from './table.ts'

export function addKeys(program: Command, context: CommandContext): void {
  const keys = program.command('keys').description('API keys for programs that ask this coordinator without a node')
  keys
    .command('create')
    .description('make a key; it is printed this once')
    .argument('<name>', 'whose it is')
    .option(...jsonOption)
    .option(...dataFolderOption)
    .action(async (name: string, options: CommonOptions) => {
      const api = await findCoordinator(options.dataFolder, context.env)
      const created = await api.ask('POST', '/api/admin/keys', createdApiKeySchema, { name })
      print(context, options, created, () => created.key)
    })
  keys
    .command('list')
    .description('the keys there are, without their secrets')
    .option(...jsonOption)
    .option(...dataFolderOption)
    .action(async (options: CommonOptions) => {
      const api = await findCoordinator(options.dataFolder, context.env)
      const answer = await api.ask('GET', '/api/admin/keys', apiKeysSchema)
      print(context, options, answer, () => formatKeys(answer.keys))
    })
  keys
    .command('revoke')
    .description('take a key back, at once')
    .argument('<id>', 'as `rma-donor keys list` shows it')
    .option(...jsonOption)
    .option(...dataFolderOption)
    .action(async (id: string, options: CommonOptions) => {
      const api = await findCoordinator(options.dataFolder, context.env)
      await api.ask('DELETE', `/api/admin/keys/${encodeURIComponent(id)}`, z.undefined())
      print(context, options, { revoked: id }, () => `Revoked ${id}.`)
    })
}

function formatKeys(keys: readonly ApiKeyAnswer[]): string {
  const day = (at: Milliseconds | null) => (at === null ? 'never' : new Date(at).toISOString().slice(0, 10))
  const rows = keys.map(key => [key.id, key.name, day(key.created_at), day(key.last_used_at)])
  return formatTable([['ID', 'NAME', 'MADE', 'LAST USED'], ...rows])
}
