import { afterAll, beforeAll, expect, it } from 'vitest'
import { second } from '../../src/shared/units.ts'
import { drawPage } from '../support/letters.ts'
import { NodeProcess, onLoopback } from '../support/node-process.ts'
import { eventually } from '../support/swarm/swarm.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const coordinatorArgs = [...onLoopback, '--api-listen', '127.0.0.1', '--location', 'leeds']
const shortLife = { DHT_WORKER_TTL: '9', DHT_HEARTBEAT_INTERVAL: '2' }

let folder: { path: string; remove: () => Promise<void> }
let page: Uint8Array<ArrayBuffer>
let apiUrl: string
const nodes: NodeProcess[] = []

/** `coordinator` again is the same node: its data folder and its port are those it had. */
async function start(name: string, init: { command?: 'coordinator'; args?: string[]; env?: NodeJS.ProcessEnv } = {}) {
  const node = await NodeProcess.start({
    folder: folder.path,
    name,
    ...(init.command === undefined ? {} : { command: init.command }),
    args: [...(init.command === undefined ? onLoopback : coordinatorArgs), ...(init.args ?? [])],
    env: { ...shortLife, ...init.env },
  })
  nodes.push(node)
  return node
}

beforeAll(async () => {
  folder = await temporaryFolder()
  page = new Uint8Array(await drawPage(['Leeds'], { width: 240, height: 90 }).png().toBuffer())
})

afterAll(async () => {
  await Promise.all(nodes.map(node => node.kill()))
  await folder?.remove()
})

/** Asks the coordinator as a program without a node does: who answered, or the code of what came instead. */
async function ask(): Promise<string> {
  const response = await fetch(`${apiUrl}/api/service/ocr`, {
    method: 'POST',
    headers: { 'content-type': 'image/png' },
    body: page,
  })
  const text = await response.text()
  return response.ok ? (response.headers.get('x-rma-worker') ?? '') : String(JSON.parse(text).error.code)
}

it('a worker without the DHT serves through its coordinator, and comes back to it by itself', async () => {
  const coordinator = await start('coordinator', { command: 'coordinator', args: ['--api-port', '0'] })
  const runtime = await coordinator.runtime()
  apiUrl = runtime.apiUrl ?? ''
  const env = { DHT_ENABLED: 'false', COORDINATOR_URL: apiUrl }
  const worker = await start('worker', { args: ['--donate'], env })
  const workerId = (await worker.runtime()).peerId
  await eventually(async () => expect(await ask()).toBe(workerId), 20 * second)

  // One that has no DHT either asks through the coordinator, and so does one that finds nobody in the DHT.
  const requester = await start('requester', { env })
  const seeds = runtime.addresses.flatMap(address => ['--seed', address])
  const member = await start('member', { args: seeds })
  for (const node of [requester, member]) {
    await eventually(async () => {
      const { code, stdout, stderr } = await node.command(['request', 'ocr', '-', '--type', 'image/png'], page)
      expect([code, stdout.trim()], stderr).toEqual([0, 'Leeds'])
    }, 20 * second)
  }

  // The coordinator goes and comes back at the same address: nobody does anything by hand.
  const api = new URL(apiUrl).port
  const dht = runtime.addresses[0]?.split('/')[4] ?? ''
  expect(await coordinator.stop()).toBe(0)
  await start('coordinator', { command: 'coordinator', args: ['--api-port', api, '--dht-port', dht] })
  const tookMs = await eventually(async () => expect(await ask()).toBe(workerId), 40 * second)
  console.log(`after a restart of the coordinator the worker served again within ${tookMs} ms`)

  await worker.kill()
  await eventually(async () => expect(await ask()).toBe('NO_WORKER'), 20 * second)
})
