import { once } from 'node:events'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { askNode, findRunningNode } from '../../src/main/cli/running-node.ts'
import type { NodeClient } from '../../src/main/rpc/client.ts'
import { defaultSettings, type Settings, settingsSchema } from '../../src/shared/schema/settings.ts'
import { day, hour, type Milliseconds, minute, second } from '../../src/shared/units.ts'
import { type Edge, forgetWhomToAsk, startEdge } from '../support/edge.ts'
import { fixedPort } from '../support/fixed-port.ts'
import { drawPage } from '../support/letters.ts'
import { clockAhead, NodeProcess, onLoopback, runCommand } from '../support/node-process.ts'
import { eventually } from '../support/swarm/swarm.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

/** What each of them is started with, whenever it is. */
const coordinators = ['leeds', 'york'] as const
/** One reads letters, the other finds names in them; each needs the other for the rest. */
const members = ['reader', 'namer', 'requester'] as const
/** Renewal begins at two thirds of 7 days. */
const untilRenewal = 5 * day
const soon = 30 * second

let folder: { path: string; remove: () => Promise<void> }
let edge: Edge
let edgeUrl: string
/** What listens in the place of the edge router once that is cut off, and hangs up. */
let cutOff: Server | undefined
let askedInVain = 0
/** How far the clocks of all of them have been turned. */
let aheadMs: Milliseconds = 0
let page: Uint8Array<ArrayBuffer>
const nodes = new Map<string, NodeProcess>()
const ports = new Map<string, { dht: number; api: number }>()
let outcastId: string

beforeAll(async () => {
  folder = await temporaryFolder()
  page = new Uint8Array(await drawPage(['Leeds'], { width: 240, height: 90 }).png().toBuffer())
})

afterAll(async () => {
  await Promise.all([...nodes.values()].map(node => node.kill()))
  cutOff?.close()
  await edge.stop()
  await folder.remove()
})

const dataFolder = (name: string) => join(folder.path, name)

function running(name: string): NodeProcess {
  const node = nodes.get(name)
  if (node === undefined) throw new Error(`expected ${name} to run`)
  return node
}

async function start(name: string): Promise<NodeProcess> {
  const { dht, api } = ports.get(name) ?? { dht: await fixedPort(), api: await fixedPort() }
  ports.set(name, { dht, api })
  const isCoordinator = coordinators.some(each => each === name)
  const own = isCoordinator
    ? ['--api-port', String(api), '--api-listen', '127.0.0.1', '--location', name]
    : name === 'requester'
      ? []
      : ['--donate']
  const node = await NodeProcess.start({
    folder: folder.path,
    name,
    command: isCoordinator ? 'coordinator' : 'headless',
    args: [...onLoopback, '--loopback-swarm', '--dht-port', String(dht), ...own],
    env: { EDGE_ROUTER_URL: edgeUrl, DHT_CACHE_TTL: '10', ...clockAhead(aheadMs) },
  })
  nodes.set(name, node)
  return node
}

async function restart(name: string): Promise<void> {
  expect(await running(name).stop()).toBe(0)
  await start(name)
}

/** What a command prints, at the time that the nodes believe it is. */
async function command(name: string, ...args: string[]): Promise<{ code: number | null; json: unknown }> {
  const all = [...args, '--json', '--data-folder', dataFolder(name)]
  const { code, stdout } = await runCommand(all, { env: clockAhead(aheadMs) })
  return { code, json: JSON.parse(stdout) }
}

async function refusal(name: string, ...args: string[]): Promise<string | undefined> {
  const { json } = await command(name, ...args)
  return z.object({ error: z.object({ code: z.string() }) }).safeParse(json).data?.error.code
}

async function inviteFrom(coordinator: string, uses = 1): Promise<string> {
  const { json } = await command(coordinator, 'invite', '--uses', String(uses))
  return z.object({ invite: z.string() }).parse(json).invite
}

async function ask<T>(name: string, question: (rpc: NodeClient['rpc']) => Promise<T>): Promise<T> {
  return await askNode(await findRunningNode(dataFolder(name), {}), question)
}

const membershipOf = (name: string) => ask(name, rpc => rpc.membership.get())
const edgeRequestsOf = async (name: string) => (await ask(name, rpc => rpc.network.coordinators({}))).edgeRequestsToday

async function joinBy(name: string, invite: string, services: Settings['services'] = {}): Promise<void> {
  expect(await command(name, 'join', invite)).toMatchObject({ code: 0, json: { status: 'member' } })
  const path = join(dataFolder(name), 'settings.json')
  const settings = settingsSchema.parse(JSON.parse(await readFile(path, 'utf8')))
  await writeFile(path, JSON.stringify({ ...settings, services: { ...settings.services, ...services } }))
}

/** For those who are to get everything from others. */
const noService: Settings['services'] = { ocr: { enabled: false }, 'ner-extraction': { enabled: false } }

const work = {
  reader: { service: 'ocr', type: 'image/png', body: () => page, holds: 'Leeds' },
  namer: {
    service: 'ner-extraction',
    type: 'text/plain',
    body: () => 'Mary Jones has moved to London.',
    holds: 'London',
  },
}

/** Has `asker` get its work done by `worker`. */
async function serves(worker: keyof typeof work, asker: string): Promise<void> {
  const { service, type, body, holds } = work[worker]
  const { peerId } = await running(worker).runtime()
  const { serviceUrl } = await running(asker).runtime()
  const headers = { authorization: `Bearer ${await running(asker).token()}`, 'content-type': type }
  const response = await fetch(`${serviceUrl}/service/${service}`, { method: 'POST', headers, body: body() })
  expect(await response.text()).toContain(holds)
  expect(response.headers.get('x-rma-worker')).toBe(peerId)
}

/** Waits until both workers serve each of these, and each other. */
async function areServed(...askers: string[]): Promise<void> {
  const pairs = [
    ...askers.flatMap(asker => [['reader', asker] as const, ['namer', asker] as const]),
    ...[['reader', 'namer'] as const, ['namer', 'reader'] as const],
  ]
  for (const [worker, asker] of pairs)
    await eventually(async () => {
      try {
        await serves(worker, asker)
      } catch (error) {
        // What they announce and look for in the next minute need not be waited for.
        await live(15 * second, 15 * second)
        throw error
      }
    }, soon)
}

/** Lets all that run live on for so long. */
async function live(forMs: Milliseconds, stepMs: Milliseconds): Promise<void> {
  for (let lived = 0; lived < forMs; lived += stepMs) {
    aheadMs += stepMs
    await Promise.all([...nodes.values()].map(node => node.turn(stepMs)))
  }
}

/** As `live`, each step going on from a network that stands: to jump on while all are apart would be no quiet day. */
async function liveQuietly(forMs: Milliseconds): Promise<void> {
  const isConnected = async (name: string) =>
    expect((await ask(name, rpc => rpc.network.get())).counts.connected).toBeGreaterThan(0)
  for (let lived = 0; lived < forMs; lived += 4 * hour) {
    await live(4 * hour, 4 * hour)
    for (const name of members) await eventually(() => isConnected(name), soon)
  }
}

/** Lives on until each member has a certificate that lasts longer than the one it has now. */
async function renewAll(names: readonly string[]): Promise<void> {
  const untilOf = async (name: string) => {
    const membership = await membershipOf(name)
    if (membership.kind !== 'member') throw new Error(`expected ${name} to be a member, it is ${membership.kind}`)
    return membership.until
  }
  const before = await Promise.all(names.map(untilOf))
  await live(untilRenewal, 12 * hour)
  // Who was refused, or found nobody to ask while everything was turned, tries again after some minutes.
  for (let tries = 0; ; tries++) {
    try {
      await eventually(async () => {
        const now = await Promise.all(names.map(untilOf))
        for (const [index, until] of now.entries()) expect(until).toBeGreaterThan((before[index] ?? 0) + 4 * day)
      }, 3 * second)
      return
    } catch (error) {
      if (tries === 10) throw error
      await live(30 * minute, 30 * minute)
    }
  }
}

describe('a network with two coordinators of one CA and an edge router', () => {
  it('is found by a new member through the edge router, and reads its first letter', async () => {
    const made = await command('leeds', 'ca', 'create', 'charity')
    const { caPublicKey } = z.object({ caPublicKey: z.string() }).parse(made.json)
    const sealed = join(folder.path, 'charity.ca')
    const passphrase = join(folder.path, 'passphrase')
    await writeFile(passphrase, 'correct horse battery staple\n')
    await command('leeds', 'ca', 'export', sealed, '--passphrase-file', passphrase)
    await command('york', 'ca', 'import', sealed, '--passphrase-file', passphrase)
    edge = await startEdge(caPublicKey)
    edgeUrl = edge.url
    for (const [index, name] of coordinators.entries()) {
      await start(name)
      await eventually(async () => {
        expect(await (await fetch(`${edgeUrl}/api/dht/bootstrap`)).json()).toMatchObject({ count: index + 1 })
      }, soon)
    }
    const invite = await inviteFrom('leeds', 4)
    await joinBy('reader', invite, { 'ner-extraction': { enabled: false } })
    await joinBy('namer', invite, { ocr: { enabled: false } })
    await joinBy('requester', invite)
    await joinBy('outcast', invite, noService)
    await Promise.all(members.map(name => forgetWhomToAsk(dataFolder(name))))
    await Promise.all([...members, 'outcast'].map(start))
    await areServed('requester')
    for (const name of members) expect(await edgeRequestsOf(name)).toBe(1)

    outcastId = (await running('outcast').runtime()).peerId
    expect((await command('leeds', 'members', 'revoke', outcastId)).code).toBe(0)
    await running('outcast').stop()
    nodes.delete('outcast')
  })

  it('restarts, lives on and renews its certificates without the edge router', async () => {
    const before = await Promise.all(members.map(edgeRequestsOf))
    await edge.stop()
    cutOff = createServer(socket => {
      askedInVain++
      socket.destroy()
    }).listen(Number(new URL(edgeUrl).port), '127.0.0.1')
    await once(cutOff, 'listening')
    await Promise.all(members.map(restart))
    for (const name of coordinators) await restart(name)
    await areServed('requester')
    expect(await Promise.all(members.map(edgeRequestsOf))).toEqual(before)

    askedInVain = 0
    await liveQuietly(day)
    await areServed('requester')
    expect(await Promise.all(members.map(edgeRequestsOf))).toEqual([0, 0, 0])
    // The coordinators alone have asked: when it was time to, and when they had something new to say.
    expect(askedInVain).toBeGreaterThan(0)
    expect(askedInVain).toBeLessThan(coordinators.length * 30)

    await renewAll([...members, ...coordinators])
    await areServed('requester')
  })

  it('goes on among its members when all coordinators are killed, and lets no stranger in', async () => {
    await Promise.all(coordinators.map(name => running(name).kill()))
    for (const name of coordinators) nodes.delete(name)
    await areServed('requester')
    await restart('reader')
    await areServed('requester')
    await live(day, 4 * hour)
    await areServed('requester')

    const { caPublicKey } = settingsSchema.parse(
      JSON.parse(await readFile(join(dataFolder('reader'), 'settings.json'), 'utf8')),
    ).network
    const { addresses } = await running('reader').runtime()
    const network = { ...defaultSettings.network, name: 'charity', caPublicKey, seeds: addresses }
    await mkdir(dataFolder('stranger'), { mode: 0o700 })
    await writeFile(
      join(dataFolder('stranger'), 'settings.json'),
      JSON.stringify({ ...defaultSettings, services: noService, network }),
    )
    await start('stranger')
    await getsNothing('stranger')
  })

  it('needs nothing done when its coordinators return: they admit, renew and keep out as before', async () => {
    await Promise.all(coordinators.map(start))
    const invite = await inviteFrom('york')
    await joinBy('newcomer', invite, noService)
    await start('newcomer')
    await areServed('newcomer')
    await renewAll([...members, ...coordinators, 'newcomer'])
    await areServed('requester')

    for (const coordinator of coordinators)
      expect(await refusal('outcast', 'join', await inviteFrom(coordinator))).toBe('MEMBERSHIP_REVOKED')
    await start('outcast')
    await getsNothing('outcast')
  })
})

async function getsNothing(name: string): Promise<void> {
  const letter = join(folder.path, 'letter.txt')
  await writeFile(letter, 'Mary Jones has moved to London.')
  expect((await membershipOf(name)).kind).not.toBe('member')
  expect(await refusal(name, 'request', 'ner-extraction', letter, '--timeout', '5')).toBe('NO_WORKER')
}
