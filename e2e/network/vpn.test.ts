import { execFileSync } from 'node:child_process'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { processIdentity } from '../../src/main/tunnels/sidecar/process-identity.ts'
import { second } from '../../src/shared/units.ts'
import { canMakeInternet, Internet, type PublicMachine } from '../support/internet.ts'
import { NodeProcess, runCommand } from '../support/node-process.ts'
import { loopbackSite } from '../support/site.ts'
import { eventually } from '../support/swarm/swarm.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const possible = canMakeInternet() && hasNebula()
if (!possible) console.log('Not root, or no nft or nebula: the VPN is not tested.')

function hasNebula(): boolean {
  try {
    execFileSync('nebula', ['-version'])
    return true
  } catch {
    return false
  }
}

let internet: Internet | undefined
let folder: { path: string; remove: () => Promise<void> } | undefined
const nodes: NodeProcess[] = []

afterEach(async () => {
  await Promise.all(nodes.splice(0).map(node => node.stop()))
  await internet?.remove()
  await folder?.remove()
})

const dataFolder = (name: string) => join(folder?.path ?? '', name)
const siteOf = (machine: PublicMachine) => ({ ...loopbackSite, command: machine.command })

async function ask<T>(name: string, machine: PublicMachine, ...args: string[]): Promise<T> {
  const all = [...args, '--json', '--data-folder', dataFolder(name)]
  const { code, stdout, stderr } = await runCommand(all, { site: siteOf(machine) })
  expect(code, stderr).toBe(0)
  return JSON.parse(stdout)
}

async function start(name: string, machine: PublicMachine, args: string[], command?: 'coordinator') {
  const node = await NodeProcess.start({
    folder: folder?.path ?? '',
    name,
    ...(command === undefined ? {} : { command }),
    site: siteOf(machine),
    args: ['--no-mdns', ...args],
  })
  nodes.push(node)
  return node
}

const inVpn = (name: string, machine: PublicMachine) =>
  eventually(async () => {
    expect(await ask(name, machine, 'vpn')).toMatchObject({ kind: 'ready', ip: expect.stringMatching(/^10\.42\./) })
  }, 30 * second)

const nebulaOf = async (name: string): Promise<number> =>
  JSON.parse(await readFile(join(dataFolder(name), 'vpn', 'nebula.process.json'), 'utf8')).pid

it.skipIf(!possible)(
  'members reach each other at 10.42.x.y where nothing else leads; who is taken out is out of the VPN, and nothing is left behind',
  async () => {
    internet = await Internet.make()
    folder = await temporaryFolder()
    const [far, one, other] = [await internet.server(), await internet.home(), await internet.home()]
    await ask('coordinator', far, 'ca', 'create', 'charity')
    await start('coordinator', far, ['--listen', far.address, '--api-listen', far.address], 'coordinator')
    await ask('coordinator', far, 'vpn', 'on')
    await inVpn('coordinator', far)
    const { invite } = await ask<{ invite: string }>('coordinator', far, 'invite', '--uses', '2')
    await ask('donor', one, 'join', invite)
    await ask('requester', other, 'join', invite)

    // Outside the VPN the donor takes no connection from another machine, and nor does the requester's router.
    const donor = await start('donor', one, ['--listen', '127.0.0.1', '--donate'])
    await start('requester', other, ['--listen', other.address])
    await ask('donor', one, 'vpn', 'on')
    await ask('requester', other, 'vpn', 'on')
    await inVpn('donor', one)
    await inVpn('requester', other)

    // The certificate's key is nowhere but in a file of the owner's.
    const pid = await nebulaOf('donor')
    expect(await readFile(`/proc/${pid}/cmdline`, 'utf8')).not.toContain('KEY')
    for (const file of ['key.pem', 'nebula.key', 'nebula.yml'])
      expect((await stat(join(dataFolder('donor'), 'vpn', file))).mode & 0o777).toBe(0o600)

    const letter = dataFolder('letter.txt')
    await writeFile(letter, 'Mary Jones has moved to London.')
    const { peerId } = await donor.runtime()
    await eventually(async () => {
      const { code, stdout } = (await nodes[2]?.command(['request', 'ner-extraction', letter, '--timeout', '10'])) ?? {}
      expect([code, stdout]).toEqual([0, expect.stringContaining('London')])
      const { edges } = JSON.parse((await nodes[2]?.command(['topology', '--json']))?.stdout ?? '{}')
      expect(edges).toContainEqual(expect.objectContaining({ to: peerId, path: 'vpn' }))
    }, 60 * second)

    // A node that was killed ends what it has left behind when it starts again.
    await donor.kill()
    expect(await processIdentity(pid)).toBeDefined()
    await start('donor', one, ['--listen', '127.0.0.1', '--donate'])
    await inVpn('donor', one)
    expect(await processIdentity(pid)).toBeUndefined()
    expect(await nebulaOf('donor')).not.toBe(pid)

    // Taken out by the operator: the others block its certificate, as the configuration of each says.
    await ask('coordinator', far, 'members', 'revoke', peerId)
    await eventually(async () => {
      const config = JSON.parse(await readFile(join(dataFolder('requester'), 'vpn', 'nebula.yml'), 'utf8'))
      expect(config.pki.blocklist.length).toBeGreaterThan(0)
    }, 20 * second)

    const last = await nebulaOf('requester')
    await nodes[2]?.stop()
    expect(await processIdentity(last)).toBeUndefined()
  },
  240_000,
)
