import { PassThrough } from 'node:stream'
import { request as httpRequest } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { apiTopologySchema } from '../../src/shared/schema/coordinator-api.ts'
import { second } from '../../src/shared/units.ts'
import { DocumentedApi } from '../support/documented-api.ts'
import { characterAccuracy, drawPage, letter } from '../support/letters.ts'
import { NodeProcess, onLoopback } from '../support/node-process.ts'
import { eventually } from '../support/swarm/swarm.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const coordinatorArgs = [...onLoopback, '--api-port', '0', '--api-listen', '127.0.0.1', '--location', 'leeds']

let folder: { path: string; remove: () => Promise<void> }
let coordinator: NodeProcess
let donor: NodeProcess
let api: DocumentedApi
let operator: { authorization: string }
let page: Uint8Array<ArrayBuffer>

beforeAll(async () => {
  folder = await temporaryFolder()
  page = new Uint8Array(await drawPage(letter).png().toBuffer())
  coordinator = await NodeProcess.start({
    folder: folder.path,
    name: 'coordinator',
    command: 'coordinator',
    args: coordinatorArgs,
    env: { COORDINATOR_ID: 'leeds-1' },
  })
  const { apiUrl, addresses } = await coordinator.runtime()
  api = await DocumentedApi.of(apiUrl ?? '')
  const { stdout } = await coordinator.command(['token', '--operator'])
  operator = { authorization: `Bearer ${stdout.trim()}` }
  const seeds = addresses.flatMap(address => ['--seed', address])
  donor = await NodeProcess.start({
    folder: folder.path,
    name: 'donor',
    args: [...onLoopback, ...seeds, '--donate', '--location', 'york'],
  })
})

afterAll(async () => {
  await Promise.all([coordinator?.kill(), donor?.kill()])
  await folder?.remove()
})

const textOf = (answer: unknown) => z.object({ text: z.string() }).parse(answer).text

describe('a client that knows only the documented API', () => {
  it('finds out how to join the network', async () => {
    const { json, headers } = await api.ask('bootstrap')
    const { peerId, addresses } = await coordinator.runtime()
    expect(json).toMatchObject({
      ttl: 300,
      count: 1,
      seeds: [{ node_id: peerId, location: 'leeds', multiaddrs: addresses }],
    })
    expect(headers.get('cache-control')).toBe('public, max-age=300')
  })

  it('sees the network, and no address of anybody', async () => {
    const { peerId } = await donor.runtime()
    const self = (await coordinator.runtime()).peerId
    await eventually(async () => {
      const { json: seen, text } = await api.ask('topology')
      const json = apiTopologySchema.parse(seen)
      expect(json.nodes).toContainEqual(
        expect.objectContaining({ node_id: peerId, role: 'worker', state: 'donating', location: 'york' }),
      )
      expect(json.nodes).toContainEqual(expect.objectContaining({ node_id: self, role: 'coordinator' }))
      expect(json.edges).toContainEqual(expect.objectContaining({ path: 'direct' }))
      expect(json.dht_ring).toHaveLength(json.nodes.length)
      expect(text).not.toMatch(/ip4|127\.0\.0\.1/)
    }, 15 * second)
  })

  it('has a letter read', async () => {
    const init = { body: page, headers: { 'content-type': 'image/png' } }
    const { status, json, headers } = await api.ask('service', init, { type: 'ocr' })
    expect(status).toBe(200)
    expect(characterAccuracy(letter, textOf(json))).toBeGreaterThan(0.95)
    expect(headers.get('x-rma-worker')).toBe((await donor.runtime()).peerId)
  })

  it('is told what is wrong, each with a code of its own', async () => {
    const refusal = async (type: string, body: string, headers: Record<string, string> = {}) => {
      const { status, code } = await api.ask('service', { body, headers }, { type })
      return [status, code]
    }
    expect(await refusal('ocr', '')).toEqual([422, 'EMPTY_BODY'])
    expect(await refusal('ocr', 'a poem')).toEqual([415, 'UNSUPPORTED_TYPE'])
    expect(await refusal('nothing-of-the-kind', 'x')).toEqual([404, 'UNKNOWN_SERVICE'])
    expect(await refusal('chat', 'x')).toEqual([503, 'NO_WORKER'])
    expect(await refusal('ocr', 'x', { authorization: 'Bearer rma_nobody' })).toEqual([401, 'KEY_REFUSED'])
    expect((await api.ask('ticket', {}, { type: 'ocr' })).code).toBe('NO_WORKER')
    expect((await api.ask('register', { body: '{}' })).code).toBe('PROOF_REFUSED')
    expect((await api.ask('adminMetrics')).code).toBe('UNAUTHORIZED')
  })

  it('gets what is documented from each operation that only reads', async () => {
    const answers = await Promise.all(
      api.operations('get').map(async ({ operationId }) => {
        const { status } = await api.ask(operationId, { headers: operator })
        return [operationId, status] as const
      }),
    )
    expect(Object.fromEntries(answers)).toMatchObject({ health: 200, stats: 200, adminMetrics: 200, metrics: 200 })
    const { json } = await api.ask('adminMetrics', { headers: operator })
    expect(json).toMatchObject({ coordinator_id: 'leeds-1', requests: { running: 0 }, dht: { donating: 1 } })
    expect((await api.ask('metrics', { headers: operator })).text).toMatch(/^rma_coordinator_requests_total \d+$/m)
  })

  it('learns from one coordinator of the others, nearest first on each node', async () => {
    const { addresses, peerId } = await coordinator.runtime()
    const other = await NodeProcess.start({
      folder: folder.path,
      name: 'other',
      command: 'coordinator',
      args: [
        ...onLoopback,
        '--api-port',
        '0',
        '--api-listen',
        '127.0.0.1',
        '--location',
        'york',
        '--seed',
        ...addresses,
      ],
    })
    const otherId = (await other.runtime()).peerId
    await eventually(async () => {
      const { json } = await api.ask('bootstrap')
      expect(json).toMatchObject({ count: 2, seeds: [{ node_id: peerId }, { node_id: otherId, location: 'york' }] })
      const { stdout } = await donor.command(['coordinators', '--location', 'york', '--json'])
      expect(JSON.parse(stdout).coordinators[0]).toMatchObject({ peerId: otherId, location: 'york' })
    }, 30 * second)
    await other.stop()
  })

  it('is let past the quota of its address by a key, until the key is revoked', async () => {
    const { stdout } = await coordinator.command(['keys', 'create', 'caseworkers', '--json'])
    const { id, key } = JSON.parse(stdout)
    const ask = async (headers: Record<string, string>) =>
      await api.ask('service', { body: 'x', headers }, { type: 'chat' })
    // Places of the quota come back while it is asked for, so it is used up faster than that.
    const answers: Awaited<ReturnType<typeof ask>>[] = []
    while (answers.at(-1)?.code !== 'QUOTA_EXCEEDED' && answers.length < 300)
      answers.push(...(await Promise.all(Array.from({ length: 3 }, async () => ask({})))))
    expect(new Set(answers.map(({ code }) => code))).toEqual(new Set(['NO_WORKER', 'QUOTA_EXCEEDED']))
    const exceeded = answers.find(({ code }) => code === 'QUOTA_EXCEEDED')
    expect([exceeded?.status, exceeded?.headers.get('retry-after')]).toEqual([429, '2'])
    expect((await ask({ authorization: `Bearer ${key}` })).code).toBe('NO_WORKER')
    expect((await coordinator.command(['keys', 'revoke', id])).code).toBe(0)
    expect((await ask({ authorization: `Bearer ${key}` })).code).toBe('KEY_REFUSED')
    expect((await api.ask('listKeys', { headers: operator })).json).toEqual({ keys: [] })
  })
})

describe('a coordinator that is asked to stop', () => {
  it('lets a request that runs come to its end, takes no new one, and leaves the network', async () => {
    const { peerId } = await coordinator.runtime()
    const upload = new PassThrough()
    const running = httpRequest(`${api.url}/api/service/ocr`, {
      method: 'POST',
      headers: { ...(await keyHeader()), 'content-type': 'image/png' },
      body: upload,
    })
    upload.write(page.slice(0, 1_000))
    await eventually(async () => {
      expect((await api.ask('adminMetrics', { headers: operator })).json).toMatchObject({ requests: { running: 1 } })
    }, 5 * second)
    const stopped = coordinator.stop()
    await eventually(async () => {
      expect((await api.ask('health')).json).toMatchObject({ status: 'draining', checks: { draining: true } })
    }, 5 * second)
    const refused = await api.ask('service', { body: 'x' }, { type: 'ocr' })
    expect([refused.status, refused.code]).toEqual([503, 'DRAINING'])
    upload.end(page.slice(1_000))
    const answer = await running
    expect(answer.statusCode).toBe(200)
    expect(characterAccuracy(letter, textOf(await answer.body.json()))).toBeGreaterThan(0.95)
    expect(await stopped).toBe(0)
    await eventually(async () => {
      const { stdout } = await donor.command(['topology', '--json'])
      const roles = JSON.parse(stdout).nodes.map((node: { peerId: string; role: string }) => [node.peerId, node.role])
      expect(roles).not.toContainEqual([peerId, 'coordinator'])
    }, 10 * second)
  })

  async function keyHeader(): Promise<Record<string, string>> {
    const { stdout } = await coordinator.command(['keys', 'create', 'slow'])
    return { authorization: `Bearer ${stdout.trim()}` }
  }
})
