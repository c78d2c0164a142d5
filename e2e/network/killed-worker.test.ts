import { afterEach, beforeEach, expect, it } from 'vitest'
import { second } from '../../src/shared/units.ts'
import { drawPage } from '../support/letters.ts'
import { NodeProcess, onLoopback } from '../support/node-process.ts'
import { eventually } from '../support/swarm/swarm.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const recordLifeMs = 9 * second
/** A short life for records, and a cache that is filled anew several times in it. */
const env = { DHT_WORKER_TTL: '9', DHT_HEARTBEAT_INTERVAL: '3', DHT_CACHE_TTL: '2' }

let folder: { path: string; remove: () => Promise<void> }
let nodes: NodeProcess[]
let document: Buffer

beforeEach(async () => {
  folder = await temporaryFolder()
  nodes = []
  document = await drawPage(['Leeds'], { width: 240, height: 90 }).png().toBuffer()
})

afterEach(async () => {
  await Promise.all(nodes.map(node => node.kill()))
  await folder.remove()
})

async function start(name: string, args: readonly string[] = []): Promise<NodeProcess> {
  const first = nodes[0]
  const seeds = first === undefined ? [] : (await first.runtime()).addresses.flatMap(address => ['--seed', address])
  const node = new NodeProcess({ folder: folder.path, name, args: [...onLoopback, ...seeds, ...args], env })
  nodes.push(node)
  await node.dashboardUrl()
  return node
}

/** Asks through the node: who answered, or whom it tried. */
async function ask(node: NodeProcess): Promise<{ answeredBy: string } | { tried: string[] }> {
  const { serviceUrl } = await node.runtime()
  const response = await fetch(`${serviceUrl}/service/ocr`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await node.token()}`, 'content-type': 'image/png' },
    body: new Uint8Array(document),
  })
  const body = await response.text()
  if (response.ok) return { answeredBy: response.headers.get('x-rma-worker') ?? 'nobody' }
  expect(response.status, body).toBe(503)
  const tried: { worker: string }[] = JSON.parse(body).error.details.tried
  return { tried: tried.map(({ worker }) => worker).filter(worker => worker !== 'coordinator') }
}

it('chooses a worker killed with -9 at most once more, and never once its record has expired', async () => {
  const requester = await start('requester')
  const [doomed, other] = await Promise.all([start('doomed', ['--donate']), start('other', ['--donate'])])
  const [doomedId, otherId] = [(await doomed.runtime()).peerId, (await other.runtime()).peerId]
  const answered = new Set<string>()
  await eventually(async () => {
    const answer = await ask(requester)
    if ('answeredBy' in answer) answered.add(answer.answeredBy)
    expect([...answered].sort()).toEqual([doomedId, otherId].sort())
  }, 20 * second)

  await doomed.kill()
  const expiresAt = Date.now() + recordLifeMs
  const answers: string[] = []
  await eventually(
    async () => {
      answers.push(JSON.stringify(await ask(requester)))
      expect(Date.now()).toBeGreaterThan(expiresAt)
    },
    recordLifeMs + 5 * second,
  )
  expect(new Set(answers)).toEqual(new Set([JSON.stringify({ answeredBy: otherId })]))
  const lost = requester.log.filter(line => line.includes('a worker was lost'))
  expect(lost.length, lost.join('\n')).toBeLessThanOrEqual(1)

  await other.kill()
  expect(await ask(requester)).toEqual({ tried: [otherId] })
  console.log(`${answers.length} requests after the kill all answered; the dead worker was chosen ${lost.length} times`)
})
