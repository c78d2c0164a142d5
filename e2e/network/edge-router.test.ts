import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { z } from 'zod'
import { coordinatorsSnapshotSchema } from '../../src/shared/schema/coordinators.ts'
import { second } from '../../src/shared/units.ts'
import { type Edge, forgetWhomToAsk, startEdge } from '../support/edge.ts'
import { drawPage } from '../support/letters.ts'
import { NodeProcess, onLoopback, runCommand } from '../support/node-process.ts'
import { eventually } from '../support/swarm/swarm.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const nodes: NodeProcess[] = []
let edge: Edge | undefined
let folder: { path: string; remove: () => Promise<void> } | undefined

afterEach(async () => {
  await Promise.all(nodes.map(node => node.kill()))
  await edge?.stop()
  await folder?.remove()
})

async function start(name: string, args: string[], env: NodeJS.ProcessEnv, command?: 'coordinator') {
  const node = await NodeProcess.start({
    folder: folder?.path ?? '',
    name,
    ...(command === undefined ? {} : { command }),
    args: [...onLoopback, ...args],
    env,
  })
  nodes.push(node)
  return node
}

async function coordinatorsOf(node: NodeProcess) {
  const { stdout } = await node.command(['coordinators', '--json'])
  return coordinatorsSnapshotSchema.parse(JSON.parse(stdout))
}

it('a new member finds the network through the edge router once, and never needs it again', async () => {
  folder = await temporaryFolder()
  const coordinatorFolder = join(folder.path, 'coordinator')
  const made = await runCommand(['ca', 'create', 'charity', '--json', '--data-folder', coordinatorFolder])
  const { caPublicKey } = z.object({ caPublicKey: z.string() }).parse(JSON.parse(made.stdout))
  edge = await startEdge(caPublicKey)
  const EDGE_ROUTER_URL = edge.url
  const coordinator = await start(
    'coordinator',
    ['--api-port', '0', '--api-listen', '127.0.0.1', '--location', 'leeds'],
    { EDGE_ROUTER_URL },
    'coordinator',
  )
  const { peerId, apiUrl } = await coordinator.runtime()
  await eventually(async () => {
    const answer = await (await fetch(`${EDGE_ROUTER_URL}/api/dht/bootstrap`)).json()
    expect(answer).toMatchObject({ count: 1, seeds: [{ node_id: peerId, location: 'leeds' }] })
  }, 15 * second)
  // It registers, and being alone it asks who else is there.
  expect((await coordinatorsOf(coordinator)).edgeRequestsToday).toBeGreaterThan(0)

  const { stdout } = await coordinator.command(['invite', '--json'])
  const { invite } = z.object({ invite: z.string() }).parse(JSON.parse(stdout))
  const donorFolder = join(folder.path, 'donor')
  const joined = await runCommand(['join', invite, '--data-folder', donorFolder])
  expect(joined.code, joined.stderr).toBe(0)
  await forgetWhomToAsk(donorFolder)
  const donor = await start('donor', ['--donate'], { EDGE_ROUTER_URL })
  const knows = async (node: NodeProcess) => {
    const { coordinators, edgeRequestsToday } = await coordinatorsOf(node)
    expect(coordinators).toMatchObject([{ peerId, location: 'leeds', connected: true, rttMs: expect.any(Number) }])
    return edgeRequestsToday
  }
  await eventually(async () => expect(await knows(donor)).toBe(1), 30 * second)

  // Programs without a node need a key where there are members.
  const page = new Uint8Array(await drawPage(['Leeds'], { width: 240, height: 90 }).png().toBuffer())
  const ask = async (headers: Record<string, string>) => {
    const init = { method: 'POST', headers: { 'content-type': 'image/png', ...headers }, body: page }
    const response = await fetch(`${apiUrl}/api/service/ocr`, init)
    return [response.status, await response.json()]
  }
  expect(await ask({})).toMatchObject([401, { error: { code: 'UNAUTHORIZED' } }])
  const key = (await coordinator.command(['keys', 'create', 'caseworkers'])).stdout.trim()
  const withKey = { authorization: `Bearer ${key}` }
  await eventually(async () => expect(await ask(withKey)).toMatchObject([200, { text: 'Leeds\n' }]), 30 * second)

  // The edge router is gone, the donor starts again.
  await edge?.stop()
  edge = undefined
  await donor.stop()
  const again = await start('donor', [], { EDGE_ROUTER_URL })
  await eventually(async () => expect(await knows(again)).toBe(1), 30 * second)
})
