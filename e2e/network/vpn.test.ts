import { execFile } from 'node:child_process'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { processIdentity } from '../../src/main/tunnels/sidecar/process-identity.ts'
import { second } from '../../src/shared/units.ts'
import { askInPlace, isServed } from '../support/ask-in-place.ts'
import { hasNebula } from '../support/has-nebula.ts'
import { canMakeInternet, Internet, type PublicMachine } from '../support/internet.ts'
import { NodeProcess, runCommand } from '../support/node-process.ts'
import { loopbackSite } from '../support/site.ts'
import { eventually } from '../support/swarm/swarm.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const possible = canMakeInternet() && hasNebula()
if (!possible) console.log('Not root, or no nft or nebula: the VPN is not tested.')

const knocker = fileURLToPath(new URL('../support/knock-child.ts', import.meta.url))

let internet: Internet
let folder: { path: string; remove: () => Promise<void> }
const nodes = new Map<string, NodeProcess>()
const machines = new Map<string, PublicMachine>()

const dataFolder = (name: string) => join(folder.path, name)

function machineOf(name: string): PublicMachine {
  const machine = machines.get(name)
  if (machine === undefined) throw new Error(`expected a machine for ${name}`)
  return machine
}

function running(name: string): NodeProcess {
  const node = nodes.get(name)
  if (node === undefined) throw new Error(`expected ${name} to run`)
  return node
}

async function ask<T>(name: string, ...args: string[]): Promise<T> {
  const all = [...args, '--json', '--data-folder', dataFolder(name)]
  const { code, stdout, stderr } = await runCommand(all, { site: { ...loopbackSite, ...machineOf(name) } })
  expect(code, stderr).toBe(0)
  return JSON.parse(stdout)
}

async function start(name: string, args: string[] = [], command?: 'coordinator') {
  const machine = machineOf(name)
  const node = await NodeProcess.start({
    folder: folder.path,
    name,
    ...(command === undefined ? {} : { command }),
    site: { ...loopbackSite, command: machine.command },
    args: ['--no-mdns', '--no-port-mapping', '--listen', machine.address, ...args],
    env: { DHT_CACHE_TTL: '5' },
  })
  nodes.set(name, node)
  return node
}

async function stop(name: string): Promise<void> {
  await running(name).stop()
  nodes.delete(name)
}

const startCoordinator = (name: string, args: string[] = []) =>
  start(name, ['--api-listen', machineOf(name).address, ...args], 'coordinator')

async function inVpn(name: string): Promise<string> {
  let at = ''
  await eventually(async () => {
    const { kind, ip = '' } = await ask<{ kind: string; ip?: string }>(name, 'vpn')
    expect([kind, ip]).toEqual(['ready', expect.stringMatching(/^10\.42\./)])
    at = ip
  }, 30 * second)
  return at
}

const nebulaOf = async (name: string): Promise<number> =>
  JSON.parse(await readFile(join(dataFolder(name), 'vpn', 'nebula.process.json'), 'utf8')).pid

/** Has the requester ask until the donor has answered over the VPN. */
async function isServedOverVpn(): Promise<void> {
  const requester = { node: running('requester'), machine: machineOf('requester') }
  await isServed(requester, { worker: running('donor'), path: 'vpn' }, 60 * second)
}

describe.skipIf(!possible)('a network with a VPN, two coordinators, and members behind two routers', () => {
  beforeAll(async () => {
    internet = await Internet.make()
    folder = await temporaryFolder()
    for (const name of ['leeds', 'york']) machines.set(name, await internet.server())
    // At home both have the same address.
    for (const name of ['donor', 'requester']) machines.set(name, await internet.home())
    await ask('leeds', 'ca', 'create', 'charity')
    const passphrase = join(folder.path, 'passphrase')
    await writeFile(passphrase, 'correct horse battery staple\n')
    const sealed = [join(folder.path, 'charity.ca'), '--passphrase-file', passphrase]
    await ask('leeds', 'ca', 'export', ...sealed)
    await ask('york', 'ca', 'import', ...sealed)
    const leeds = await startCoordinator('leeds')
    await ask('leeds', 'vpn', 'on')
    await startCoordinator(
      'york',
      (await leeds.runtime()).addresses.flatMap(address => ['--seed', address]),
    )
    await ask('york', 'vpn', 'on')
    await Promise.all([inVpn('leeds'), inVpn('york')])
    const { invite } = await ask<{ invite: string }>('leeds', 'invite', '--uses', '3')
    await ask('donor', 'join', invite)
    await ask('requester', 'join', invite)
    await Promise.all([start('donor', ['--donate']), start('requester')])
    // They are to hear of both lighthouses.
    await eventually(async () => {
      const { coordinators } = await ask<{ coordinators: { vpnIp?: string }[] }>('leeds', 'coordinators')
      expect(coordinators).toContainEqual(expect.objectContaining({ vpnIp: expect.stringMatching(/^10\.42\./) }))
    }, 40 * second)
    await Promise.all(['donor', 'requester'].map(name => ask(name, 'vpn', 'on')))
    await Promise.all([inVpn('donor'), inVpn('requester')])
  })

  afterAll(async () => {
    if (!possible) return
    await Promise.all([...nodes.values()].map(node => node.stop()))
    await internet.remove()
    await folder.remove()
  })

  it('carries requests at 10.42.x.y between them, and keeps the key of a certificate to its owner', async () => {
    await isServedOverVpn()
    expect(await readFile(`/proc/${await nebulaOf('donor')}/cmdline`, 'utf8')).not.toContain('KEY')
    const config = JSON.parse(await readFile(join(dataFolder('donor'), 'vpn', 'nebula.yml'), 'utf8'))
    const endpoints = ['leeds', 'york'].map(name => [`${machineOf(name).address}:4242`])
    expect(Object.values(config.static_host_map)).toEqual(expect.arrayContaining(endpoints))
    for (const file of ['key.pem', 'nebula.key', 'nebula.yml'])
      expect((await stat(join(dataFolder('donor'), 'vpn', file))).mode & 0o777).toBe(0o600)
  })

  it('lets nobody pass for somebody else at an address of the VPN', async () => {
    const { peerId, addresses } = await running('donor').runtime()
    const { self } = await ask<{ self: { network: { id: string } } }>('donor', 'status')
    const ip = await inVpn('donor')
    const port = addresses[0]?.split('/')[4]
    const knock = async (claimed: string) => {
      const to = `/ip4/${ip}/tcp/${port}/p2p/${claimed}`
      const [program, args] = machineOf('requester').command(process.execPath, [knocker, self.network.id, to])
      return JSON.parse((await promisify(execFile)(program, args)).stdout)
    }
    // A record may claim the donor's address for another peer: its key does not open what that peer's would.
    const liar = (await running('leeds').runtime()).peerId
    expect(await knock(peerId)).toEqual({ opened: peerId })
    expect(await knock(liar)).toEqual({ failed: 'EncryptionFailedError' })
  })

  it('sends the next request another way when the VPN is cut, and goes back to it afterwards', async () => {
    const { peerId } = await running('donor').runtime()
    const card = async (state: 'up' | 'down') => {
      const [program, args] = machineOf('donor').command('ip', ['link', 'set', `rma-${peerId.slice(-8)}`, state])
      await promisify(execFile)(program, args)
    }
    await card('down')
    const answer = await askInPlace(running('requester'), machineOf('requester'))
    console.log(`VPN cut: the next request was answered over ${answer.path} after ${Math.round(answer.ms)} ms`)
    // The relay leads to the donor, and the coordinator would pass the request on as well.
    expect(answer.status).toBe(200)
    expect(['relay', 'direct']).toContain(answer.path)
    await card('up')
    await isServedOverVpn()
  })

  it('ends what it has left behind when it is started again after it was killed', async () => {
    const orphan = await nebulaOf('donor')
    await running('donor').kill()
    expect(await processIdentity(orphan)).toBeDefined()
    await start('donor', ['--donate'])
    await inVpn('donor')
    expect(await processIdentity(orphan)).toBeUndefined()
    expect(await nebulaOf('donor')).not.toBe(orphan)
  })

  it('is out of the VPN and says so, who is taken out', async () => {
    const { peerId } = await running('donor').runtime()
    await ask('leeds', 'members', 'revoke', peerId)
    await eventually(async () => {
      const config = JSON.parse(await readFile(join(dataFolder('requester'), 'vpn', 'nebula.yml'), 'utf8'))
      expect(config.pki.blocklist.length).toBeGreaterThan(0)
      expect(await ask('donor', 'vpn')).toMatchObject({ kind: 'waiting', lost: 'blocked' })
    }, 30 * second)
    const last = await nebulaOf('requester')
    await stop('requester')
    expect(await processIdentity(last)).toBeUndefined()
  })
})
