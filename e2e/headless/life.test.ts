import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { connectToNode } from '../../src/main/rpc/client.ts'
import { isAlive } from '../support/is-alive.ts'
import { drawPage, letter } from '../support/letters.ts'
import { NodeProcess, onLoopback } from '../support/node-process.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

let folder: Awaited<ReturnType<typeof temporaryFolder>>
const nodes: NodeProcess[] = []

beforeEach(async () => {
  folder = await temporaryFolder()
})

afterEach(async () => {
  await Promise.all(nodes.splice(0).map(node => node.kill()))
  await folder.remove()
})

async function startNode(args: readonly string[] = []): Promise<NodeProcess> {
  const node = await NodeProcess.start({ folder: folder.path, name: 'node', args: [...onLoopback, ...args] })
  nodes.push(node)
  return node
}

it('a node prints its access link, answers the command line, reads a letter, and stops without a trace', async () => {
  const node = await startNode(['--donate'])
  const link = await node.dashboardUrl()
  expect(link).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{43}$/)
  expect((await fetch(link, { redirect: 'manual' })).status).toBe(303)
  expect((await fetch(new URL('/', link))).status).toBe(401)

  const runtimeFile = join(node.dataFolder, 'runtime.json')
  expect((await stat(runtimeFile)).mode & 0o777).toBe(0o600)
  expect(JSON.parse((await node.command(['status', '--json'])).stdout)).toMatchObject({ donating: true })

  const file = join(folder.path, 'letter.png')
  await writeFile(file, await drawPage(letter).png().toBuffer())
  const read = await node.command(['request', 'ocr', file])
  expect(read).toMatchObject({ code: 0, stdout: expect.stringContaining('Dear Ms Whitfield,') })

  const engines = await childrenOf(node.pid)
  if (process.platform === 'linux') expect(engines).not.toEqual([])
  expect(await node.stop()).toBe(0)
  await expect(stat(runtimeFile)).rejects.toMatchObject({ code: 'ENOENT' })
  for (const pid of engines) expect(isAlive(pid)).toBe(false)
  expect((await node.command(['status'])).code).toBe(3)
})

it('its log is JSON lines when nobody watches on a terminal, and never holds its token', async () => {
  const node = await startNode()
  const { rpcUrl = '' } = await node.runtime()
  const token = await node.token()
  await fetch(await node.dashboardUrl())
  // A client with another token is worth a warning.
  await expect(connectToNode(rpcUrl, 'A'.repeat(43))).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
  await vi.waitFor(() => expect(node.log).not.toEqual([]))
  await node.stop()
  for (const line of node.log) expect(() => JSON.parse(line)).not.toThrow()
  expect(token).toHaveLength(43)
  expect(node.log.join('\n')).not.toContain(token)
})

it('it stops when the process that started it has gone', async () => {
  const node = await startNode()
  node.abandon()
  expect(await node.exited).toEqual({ code: 0, signal: null })
})

it('it leaves the folder to the node that already runs there', async () => {
  const node = await startNode()
  const second = new NodeProcess({ folder: folder.path, name: 'node', args: onLoopback })
  expect(await second.exited).toEqual({ code: 1, signal: null })
  await vi.waitFor(() => expect(second.log).toEqual([expect.stringMatching(/^rma-donor: DATA_FOLDER_IN_USE: /)]))
  expect((await node.runtime()).pid).toBe(node.pid)
  expect((await node.command(['status'])).code).toBe(0)
  expect(await node.stop()).toBe(0)
})

it('it is found to be gone after kill -9, and starts again on the same folder as the same peer', async () => {
  const node = await startNode()
  const { peerId } = await node.runtime()
  await node.kill()
  expect((await node.command(['token'])).code).toBe(3)
  const again = await startNode()
  expect((await again.runtime()).peerId).toBe(peerId)
})

/** Process ids of the children of a process, where the system tells; none elsewhere. */
async function childrenOf(pid: number): Promise<number[]> {
  if (process.platform !== 'linux') return []
  const listed = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return listed.trim().split(' ').filter(Boolean).map(Number)
}
