import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, it, vi } from 'vitest'
import { day, second } from '../../shared/units.ts'
import { serviceKey } from './keys.ts'
import { createTestNode, joined, ocrDraft, startTestNetwork, type TestNode, type TestNodeInit } from './test-network.ts'

let nodes: TestNode[] = []
let children: ChildProcess[] = []

afterEach(async () => {
  for (const child of children) child.kill('SIGKILL')
  await Promise.all(nodes.map(node => node.stop()))
  nodes = []
  children = []
})

async function start(init: TestNodeInit): Promise<TestNode> {
  const node = await createTestNode(init)
  nodes.push(node)
  await node.start()
  await joined(node)
  return node
}

const idOf = (node: TestNode) => node.host.peerId.toString()

async function found(node: TestNode): Promise<string[]> {
  return (await node.directory.finder.findService('ocr')).map(worker => worker.peerId).sort()
}

/** Starts a worker in another process and returns it with its peer id once two registrars hold its record. */
async function spawnWorker(init: TestNodeInit): Promise<{ child: ChildProcess; peerId: string }> {
  const script = fileURLToPath(new URL('./test-worker-child.ts', import.meta.url))
  const child = spawn(process.execPath, [script, JSON.stringify(init)], { stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  if (child.stdout === null) throw new Error('expected a pipe')
  const [peerId] = await once(createInterface(child.stdout), 'line')
  return { child, peerId }
}

it('never names a worker killed with -9 once its record has expired', async () => {
  const timing = { workerTtlMs: 4 * second, heartbeatIntervalMs: second }
  const servers = await startTestNetwork(2)
  nodes.push(...servers)
  const [asker] = servers as [TestNode, TestNode]
  const init = { ...timing, seeds: servers.flatMap(node => node.seeds()) }
  const [killed, other] = await Promise.all([spawnWorker(init), spawnWorker(init)])
  await vi.waitFor(async () => expect(await found(asker)).toEqual([killed.peerId, other.peerId].sort()))
  killed.child.kill('SIGKILL')
  const expiresAt = Date.now() + timing.workerTtlMs
  await vi.waitFor(async () => expect(await found(asker)).toEqual([other.peerId]), { interval: 100 })
  expect(Date.now()).toBeLessThan(expiresAt + second)
  for (let asked = 0; asked < 20; asked++) expect(await found(asker)).toEqual([other.peerId])
})

it('finds a worker again within 5 s when all registrars of its key die at once', async () => {
  const servers = await startTestNetwork(11)
  nodes.push(...servers)
  const seeds = servers.flatMap(node => node.seeds())
  const worker = await start({ mode: 'client', seeds })
  const asker = await start({ mode: 'client', seeds })
  for (const node of [worker, asker])
    await vi.waitFor(() => expect(node.directory.registrars.others).toBeGreaterThanOrEqual(8), {
      interval: 100,
    })
  worker.directory.announcer.update(ocrDraft())
  await vi.waitFor(async () => expect(await found(asker)).toEqual([idOf(worker)]))
  const holders = new Set(asker.directory.registrars.of(serviceKey('ocr')).map(registrar => registrar.peerId))
  await Promise.all(servers.filter(node => holders.has(idOf(node))).map(node => node.stop()))
  await vi.waitFor(async () => expect(await found(asker)).toEqual([idOf(worker)]), { timeout: 5_000, interval: 50 })
})

it('gives the whole record again to registrars that have lost it and refuse its renewal', async () => {
  const servers = await startTestNetwork(2)
  nodes.push(...servers)
  const [asker] = servers as [TestNode, TestNode]
  const worker = await start({ mode: 'client', seeds: servers.flatMap(node => node.seeds()) })
  worker.directory.announcer.update(ocrDraft())
  await vi.waitFor(async () => expect(await found(asker)).toEqual([idOf(worker)]))
  for (const node of servers) node.directory.registry.expire(Date.now() + day)
  expect(await found(asker)).toEqual([])
  worker.directory.announcer.update(ocrDraft({ state: 'paused' }))
  await vi.waitFor(async () => expect(await found(asker)).toEqual([idOf(worker)]))
})
