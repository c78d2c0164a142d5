import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { NodeProcess, onLoopback, runCommand } from '../support/node-process.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

let folder: { path: string; remove: () => Promise<void> }
let nodes: NodeProcess[] = []

beforeEach(async () => {
  folder = await temporaryFolder()
})
afterEach(async () => {
  await Promise.all(nodes.map(node => node.stop()))
  nodes = []
  await folder.remove()
})

const dataFolder = (name: string) => join(folder.path, name)
const on = (name: string, ...args: string[]) => runCommand([...args, '--json', '--data-folder', dataFolder(name)])

/** What a command prints, which has to succeed. */
async function ask<T>(name: string, ...args: string[]): Promise<T> {
  const { code, stdout, stderr } = await on(name, ...args)
  expect(code, stderr).toBe(0)
  return JSON.parse(stdout)
}

async function refusal(name: string, ...args: string[]): Promise<string> {
  const { stdout } = await on(name, ...args)
  return JSON.parse(stdout).error?.code
}

async function start(name: string, command: 'headless' | 'coordinator' = 'headless', ...args: string[]) {
  const api = command === 'coordinator' ? ['--api-port', '0', '--api-listen', '127.0.0.1'] : []
  const args_ = [...onLoopback, '--loopback-swarm', ...api, ...args]
  const node = await NodeProcess.start({ folder: folder.path, name, command, args: args_ })
  nodes.push(node)
  return node
}

async function startCoordinator(): Promise<NodeProcess> {
  await ask('coordinator', 'ca', 'create', 'charity')
  return start('coordinator', 'coordinator')
}

const membershipOf = (name: string) => ask<{ kind: string; roles?: string[] }>(name, 'membership')
const becomesMember = (name: string) =>
  vi.waitFor(async () => expect(await membershipOf(name)).toMatchObject({ kind: 'member' }), {
    interval: 250,
  })

it('members of a closed network work for each other; strangers and those taken out do not get in', async () => {
  await startCoordinator()
  const { invite, link } = await ask<{ invite: string; link: string }>('coordinator', 'invite', '--uses', '2')

  // One joins before it ever ran, the other while it runs in the open network.
  expect(await ask('donor', 'join', invite)).toMatchObject({ network: 'charity', status: 'member', restarting: false })
  const donor = await start('donor', 'headless', '--donate')
  await start('requester')
  expect(await membershipOf('requester')).toEqual({ kind: 'open' })
  expect(await ask('requester', 'join', link)).toMatchObject({ status: 'member', restarting: true })
  await becomesMember('requester')
  expect(await membershipOf('donor')).toMatchObject({ roles: ['donor', 'requester'] })
  expect(await refusal('third', 'join', invite)).toBe('INVITE_USED_UP')
  expect(await refusal('third', 'join', `${invite.slice(0, 60)}x${invite.slice(61)}`)).toBe('INVITE_MALFORMED')

  const letter = join(folder.path, 'letter.txt')
  await writeFile(letter, 'Mary Jones has moved to London.')
  const read = () => on('requester', 'request', 'ner-extraction', letter, '--timeout', '10')
  await vi.waitFor(async () => expect((await read()).stdout).toContain('London'), {
    interval: 500,
  })

  // A stranger that knows the network's name and CA key is on nobody's list, and finds nobody.
  const { caPublicKey } = JSON.parse(await readFile(join(dataFolder('donor'), 'settings.json'), 'utf8')).network
  const { addresses } = await donor.runtime()
  await start('stranger')
  await nodes.pop()?.stop()
  const settingsFile = join(dataFolder('stranger'), 'settings.json')
  const { defaultSettings } = await import('../../src/shared/schema/settings.ts')
  const network = { ...defaultSettings.network, name: 'charity', caPublicKey, seeds: addresses }
  await writeFile(settingsFile, JSON.stringify({ ...defaultSettings, network }))
  await start('stranger')
  expect(await membershipOf('stranger')).toMatchObject({ kind: 'outside' })
  expect(await refusal('stranger', 'request', 'ner-extraction', letter, '--timeout', '5')).toBe('NO_WORKER')

  // Taken out, the donor is out of everybody's sight, at once and for good.
  const { peerId } = await donor.runtime()
  await ask('coordinator', 'members', 'revoke', peerId)
  await vi.waitFor(
    async () => expect(await refusal('requester', 'request', 'ner-extraction', letter)).toBe('NO_WORKER'),
    { interval: 500 },
  )
  expect(await refusal('donor', 'join', invite)).toBe('MEMBERSHIP_REVOKED')
})

it('a coordinator killed in the middle has forgotten nothing, and another one can take over its CA', async () => {
  const coordinator = await startCoordinator()
  const { invite } = await ask<{ invite: string }>('coordinator', 'invite', '--role', 'donor', 'trusted')
  await ask('donor', 'join', invite)
  await ask('coordinator', 'members', 'policy', 'approval')
  await coordinator.kill()
  await start('coordinator', 'coordinator')
  expect(await ask('coordinator', 'members', 'policy')).toEqual({ policy: 'approval' })
  const { members } = await ask<{ members: { roles: string[] }[] }>('coordinator', 'members')
  expect(members.map(({ roles }) => roles)).toContainEqual(['donor', 'trusted'])
  const { invites } = await ask<{ invites: { state: string }[] }>('coordinator', 'invite', 'list')
  expect(invites).toMatchObject([{ state: 'used-up', used: 1 }])

  const passphrase = join(folder.path, 'passphrase')
  await writeFile(passphrase, 'correct horse battery staple\n')
  const file = join(folder.path, 'ca.sealed')
  expect(await refusal('coordinator', 'ca', 'export', file, '--passphrase-file', passphrase)).toBe('DATA_FOLDER_IN_USE')
  await nodes.pop()?.stop()
  await ask('coordinator', 'ca', 'export', file, '--passphrase-file', passphrase)
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  await writeFile(`${passphrase}-wrong`, 'another passphrase altogether')
  expect(await refusal('second', 'ca', 'import', file, '--passphrase-file', `${passphrase}-wrong`)).toBe('CA_UNUSABLE')
  await ask('second', 'ca', 'import', file, '--passphrase-file', passphrase)
  await start('second', 'coordinator')
  await becomesMember('second')
  expect(await membershipOf('second')).toMatchObject({ roles: ['coordinator', 'donor', 'requester'] })
})
