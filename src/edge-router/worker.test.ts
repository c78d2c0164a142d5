import type { Readable } from 'node:stream'
import { Miniflare } from 'miniflare'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { type CaKey, generateCaKey } from '../shared/membership/ca-key.ts'
import { verifyCertificate } from '../shared/membership/certificate.ts'
import { networkId } from '../shared/membership/network-id.ts'
import { signRevocations } from '../shared/membership/revocations.ts'
import { openSeed, type SeedReader } from '../shared/membership/seed-envelope.ts'
import { apiErrorSchema } from '../shared/schema/coordinator-api.ts'
import { edgeMetricsSchema, maxRegistrationBytes, registrationAcceptedSchema } from '../shared/schema/edge-api.ts'
import { bootstrapSchema } from '../shared/schema/seeds.ts'
import { day, hour, minute, second } from '../shared/units.ts'
import { edgeRoutes } from './openapi.ts'
import { bundleWorker } from './testing/bundle-worker.ts'
import { makeRegistration, makeSigner, networkName, type TestRegistration } from './testing/test-coordinator.ts'

const edgeUrl = 'https://edge.example.org'
const operatorToken = 'o'.repeat(64)
const london = { latitude: '51.51', longitude: '-0.13', country: 'GB', continent: 'EU', colo: 'LHR' }
const sydney = { latitude: '-33.87', longitude: '151.21', country: 'AU', continent: 'OC', colo: 'SYD' }

const mainModule = "export * from './worker.mjs'; export { default } from './worker.mjs'"
/** The same, with a storage that fails after a request to /break. */
const breakableModule = `
  import worker, { Coordinators as Whole } from './worker.mjs'
  let broken = false
  export class Coordinators extends Whole {
    list() { if (broken) throw new Error('disk I/O error'); return super.list() }
    register(...all) { if (broken) throw new Error('disk I/O error'); return super.register(...all) }
    count(...all) { if (broken) throw new Error('disk I/O error'); return super.count(...all) }
  }
  export default {
    fetch(request, env, context) {
      if (new URL(request.url).pathname !== '/break') return worker.fetch(request, env, context)
      broken = true
      return Response.json({})
    }
  }`

let bundle: string
let ca: CaKey

beforeAll(async () => {
  bundle = await bundleWorker()
  ca = await generateCaKey()
})

/** The Worker in the real Workers runtime, with nothing registered. */
function startEdge(bindings: Record<string, string> = {}, main = mainModule): Edge {
  return new Edge(
    new Miniflare({
      modules: [
        { type: 'ESModule', path: 'main.mjs', contents: main },
        { type: 'ESModule', path: 'worker.mjs', contents: bundle },
      ],
      compatibilityDate: '2026-07-01',
      // Its log would stand between the results of the tests.
      handleRuntimeStdio: (stdout: Readable, stderr: Readable) => {
        stdout.resume()
        stderr.resume()
      },
      cf: false,
      bindings: {
        NETWORK_NAME: networkName,
        NETWORK_CA_KEY: ca.publicKey,
        OPERATOR_TOKEN: operatorToken,
        ...bindings,
      },
      durableObjects: { COORDINATORS: { className: 'Coordinators', useSQLite: true } },
    }),
  )
}

class Edge {
  readonly #miniflare: Miniflare
  #clients = 0

  constructor(miniflare: Miniflare) {
    this.#miniflare = miniflare
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#miniflare.dispose()
  }

  async get(path: string, init: { cf?: Record<string, string>; headers?: Record<string, string> } = {}) {
    return this.#answer(await this.#miniflare.dispatchFetch(edgeUrl + path, init))
  }

  /** Each time from another address, so that no limit on addresses is met. */
  async post(body: string, cf: Record<string, string> = london, address = `192.0.2.${this.#clients++}`) {
    const headers = { 'cf-connecting-ip': address }
    const url = `${edgeUrl}/api/coordinator/register`
    return this.#answer(await this.#miniflare.dispatchFetch(url, { method: 'POST', body, headers, cf }))
  }

  async register(change: Partial<TestRegistration> = {}, revocations?: string, cf?: Record<string, string>) {
    const signer = change.signer ?? (await makeSigner())
    const made = await makeRegistration({ ca, signer, edgeUrl, now: Date.now(), ...change })
    const body = { registration: made.registration, ...(revocations === undefined ? {} : { revocations }) }
    return { ...made, body: JSON.stringify(body), answer: await this.post(JSON.stringify(body), cf) }
  }

  async seeds(cf: Record<string, string> = london) {
    const { status, body, headers } = await this.get('/api/dht/bootstrap', { cf })
    expect(status).toBe(200)
    expect(headers.get('cache-control')).toBe('public, max-age=300')
    return bootstrapSchema.parse(body)
  }

  async #answer(response: Awaited<ReturnType<Miniflare['dispatchFetch']>>) {
    const { status, headers } = response
    return { status, headers, body: (await response.json()) as Record<string, unknown> }
  }
}

describe('hands out', () => {
  test('nothing before anybody has registered', async () => {
    await using edge = startEdge()
    expect(await edge.seeds()).toEqual({ seeds: [], ttl: 300, count: 0, issued_at: expect.any(Number) })
  })

  test('what a coordinator has signed, unchanged, to who can verify it', async () => {
    await using edge = startEdge()
    const { seed, answer } = await edge.register({ location: 'leeds' })
    expect(answer.status).toBe(200)
    const accepted = registrationAcceptedSchema.parse(answer.body)
    expect(accepted.node_id).toBe(seed.node_id)
    expect(accepted.expires_at - Date.now()).toBeGreaterThan(24 * hour - minute)
    expect(accepted.register_again_seconds).toBeGreaterThan(11.9 * 3_600)
    expect(accepted.register_again_seconds).toBeLessThanOrEqual(12 * 3_600)

    const { seeds, count } = await edge.seeds()
    expect({ seeds, count }).toEqual({ seeds: [seed], count: 1 })
    const network = { networkId: networkId(networkName, ca.publicKey), caPublicKey: ca.publicKey }
    const reader: SeedReader = {
      networkId: network.networkId,
      now: Date.now(),
      verifyCertificate: (token, now) => verifyCertificate(token, { ...network, now }),
    }
    expect((await openSeed(seeds[0]?.envelope ?? '', reader)).seed).toEqual(seed)
  })

  test('the nearest first: by the coordinators’ labels, else by where they registered from', async () => {
    await using edge = startEdge()
    const inSydney = (await edge.register({ location: 'our-rack' }, undefined, sydney)).seed.node_id
    const inLondon = (await edge.register({ location: 'eu-west-2' }, undefined, sydney)).seed.node_id
    const order = async (cf: Record<string, string>) => (await edge.seeds(cf)).seeds.map(({ node_id }) => node_id)
    expect(await order(london)).toEqual([inLondon, inSydney])
    expect(await order(sydney)).toEqual([inSydney, inLondon])
  })

  test('to pages of any origin', async () => {
    await using edge = startEdge()
    const { headers } = await edge.get('/api/dht/bootstrap', { headers: { origin: 'https://app.example.org' } })
    expect(headers.get('access-control-allow-origin')).toBe('*')
  })
})

describe('refuses the registration', () => {
  let edge: Edge
  beforeAll(() => {
    edge = startEdge()
  })
  afterAll(async () => {
    await edge[Symbol.asyncDispose]()
  })

  const cases: [string, string, () => Promise<Partial<TestRegistration>>][] = [
    ['MEMBERSHIP_ROLE', 'a donor', async () => ({ certificate: { roles: ['donor', 'trusted'] } })],
    ['MEMBERSHIP_FORGED', 'who certified itself', async () => ({ signedBy: await generateCaKey() })],
    ['MEMBERSHIP_EXPIRED', 'a former coordinator', async () => ({ certificate: { issuedAt: Date.now() - 8 * day } })],
    ['MEMBERSHIP_WRONG_NETWORK', 'another network', async () => ({ networkId: 'f'.repeat(16) })],
    [
      'MEMBERSHIP_WRONG_NETWORK',
      'a coordinator of another network',
      async () => ({ certificate: { networkId: 'f'.repeat(16) } }),
    ],
    [
      'MEMBERSHIP_FOREIGN',
      'who shows somebody else’s certificate',
      async () => ({ certificate: { peerId: (await makeSigner()).peerId } }),
    ],
    ['REGISTRATION_FORGED', 'who registers elsewhere', async () => ({ edgeUrl: 'https://other.example.org' })],
    ['REGISTRATION_STALE', 'an old registration', async () => ({ now: Date.now() - 3 * minute })],
    ['REGISTRATION_STALE', 'a registration from the future', async () => ({ now: Date.now() + 3 * minute })],
  ]
  test.each(cases)('with %s of %s', async (code, _who, change) => {
    const { answer } = await edge.register(await change())
    expect(apiErrorSchema.parse(answer.body).error.code).toBe(code)
    expect(answer.status).toBeGreaterThanOrEqual(400)
    expect((await edge.seeds()).seeds).toEqual([])
  })

  test('with REGISTRATION_FORGED where the registration is signed by another than the seed', async () => {
    const [honest, thief] = [await makeSigner(), await makeSigner()]
    const stolen = await makeRegistration({ ca, signer: honest, edgeUrl, now: Date.now() })
    const own = await makeRegistration({ ca, signer: thief, edgeUrl, now: Date.now() })
    const [head, , signature] = own.registration.split('.')
    const swapped = [head, stolen.registration.split('.')[1], signature].join('.')
    const { body } = await edge.post(JSON.stringify({ registration: swapped }))
    expect(body).toMatchObject({ error: { code: 'REGISTRATION_FORGED' } })
  })

  test('with REGISTRATION_MALFORMED where it is none, and TOO_LARGE before it is read', async () => {
    for (const body of ['', '[]', '{"registration": 1}', '{"registration": "a.b.c"}', '{"registration": ""}']) {
      expect((await edge.post(body)).body).toMatchObject({ error: { code: 'REGISTRATION_MALFORMED' } })
    }
    const { status, body } = await edge.post('x'.repeat(maxRegistrationBytes + 1))
    expect([status, body]).toMatchObject([413, { error: { code: 'TOO_LARGE' } }])
  })

  test('with QUOTA_EXCEEDED after ten attempts a minute from one address', async () => {
    const statuses: number[] = []
    for (let attempt = 0; attempt < 25; attempt++) statuses.push((await edge.post('{}', london, '198.51.100.7')).status)
    expect(statuses.slice(0, 10)).toEqual(Array(10).fill(422))
    expect(statuses).toContain(429)
    expect((await edge.post('{}', london, '198.51.100.8')).status).toBe(422)
  })
})

test('takes a registration once', async () => {
  await using edge = startEdge()
  const signer = await makeSigner()
  const { answer, body, registration } = await edge.register({ signer })
  expect(answer.status).toBe(200)
  expect((await edge.post(body)).body).toMatchObject({ error: { code: 'REGISTRATION_REPLAYED' } })
  const again = await edge.register({ signer })
  expect(again.registration).not.toBe(registration)
  expect(again.answer.status).toBe(200)
})

test('forgets a coordinator that the CA has revoked, and refuses it from then on', async () => {
  await using edge = startEdge()
  const [bad, good] = [await makeSigner(), await makeSigner()]
  await edge.register({ signer: bad })
  const list = (version: number, revoked: Record<string, number>) =>
    signRevocations({ net: networkId(networkName, ca.publicKey), version, revoked }, ca)
  const revoked = { [bad.peerId]: Math.ceil(Date.now() / second) }

  const { answer } = await edge.register({ signer: good }, await list(2, revoked))
  expect(answer.status).toBe(200)
  expect((await edge.seeds()).seeds.map(({ node_id }) => node_id)).toEqual([good.peerId])
  expect((await edge.register({ signer: bad })).answer.body).toMatchObject({ error: { code: 'MEMBERSHIP_REVOKED' } })
  // An older list brings nobody back.
  const older = await edge.register({ signer: bad }, await list(1, {}))
  expect(older.answer.body).toMatchObject({ error: { code: 'MEMBERSHIP_REVOKED' } })
  // Nor does a list that somebody else has signed.
  const forged = await signRevocations(
    { net: networkId(networkName, ca.publicKey), version: 3, revoked: {} },
    await generateCaKey(),
  )
  expect((await edge.register({ signer: bad }, forged)).answer.body).toMatchObject({
    error: { code: 'MEMBERSHIP_FORGED' },
  })
})

test('counts requests by day and kind, for the operator alone', async () => {
  await using edge = startEdge()
  await edge.register()
  await edge.post('{}')
  for (let round = 0; round < 5; round++) await edge.seeds()
  await edge.get('/nothing')
  const read = (headers: Record<string, string>) => edge.get('/api/admin/metrics', { headers })
  for (const headers of [{}, { authorization: 'Bearer wrong' }, { authorization: `Basic ${operatorToken}` }]) {
    const { status, body } = await read(headers)
    expect([status, body]).toMatchObject([401, { error: { code: 'UNAUTHORIZED' } }])
  }
  const { status, body } = await read({ authorization: `Bearer ${operatorToken}` })
  expect(status).toBe(200)
  const { requests, coordinators } = edgeMetricsSchema.parse(body)
  const today = new Date().toISOString().slice(0, 10)
  expect(Object.fromEntries(requests.map(({ kind, count }) => [kind, count]))).toEqual({
    bootstrap: 5,
    register: 1,
    register_refused: 1,
    metrics: 3,
    other: 1,
  })
  expect(new Set(requests.map(({ day }) => day))).toEqual(new Set([today]))
  expect(coordinators).toHaveLength(1)
})

describe('while the storage fails', () => {
  test('answers with what it knows, says so, and takes no registration', async () => {
    await using edge = startEdge({}, breakableModule)
    const { seed } = await edge.register()
    expect((await edge.seeds()).seeds).toEqual([seed])
    await edge.get('/break')
    expect((await edge.seeds()).seeds).toEqual([seed])
    expect((await edge.register()).answer).toMatchObject({
      status: 503,
      body: { error: { code: 'STORAGE_UNAVAILABLE' } },
    })
  })

  test('answers STORAGE_UNAVAILABLE where it never knew anything', async () => {
    await using edge = startEdge({}, breakableModule)
    await edge.get('/break')
    const { status, body } = await edge.get('/api/dht/bootstrap')
    expect([status, body]).toMatchObject([503, { error: { code: 'STORAGE_UNAVAILABLE' } }])
    expect(await edge.get('/health')).toMatchObject({ status: 503, body: { status: 'unavailable', coordinators: 0 } })
  })
})

test('says that it is well', async () => {
  await using edge = startEdge()
  const { status, body } = await edge.get('/health')
  expect([status, body]).toEqual([
    200,
    { status: 'ok', network_id: networkId(networkName, ca.publicKey), coordinators: 0 },
  ])
})

test('refuses to work with settings that are missing or wrong, and names them', async () => {
  for (const [variable, value] of [
    ['NETWORK_CA_KEY', 'not a key'],
    ['NETWORK_NAME', ''],
    ['OPERATOR_TOKEN', 'short'],
  ] as const) {
    await using edge = startEdge({ [variable]: value })
    const { status, body } = await edge.get('/health')
    expect(status).toBe(500)
    expect(body).toMatchObject({ error: { code: 'BAD_ENVIRONMENT', message: expect.stringContaining(variable) } })
  }
})

test('answers as its OpenAPI document says', async () => {
  await using edge = startEdge()
  const { body } = await edge.get('/openapi.json')
  const document = z
    .object({
      paths: z.record(z.string(), z.record(z.string(), z.object({ responses: z.record(z.string(), z.any()) }))),
    })
    .parse(body)
  await edge.register()
  for (const { method, path, answer } of Object.values(edgeRoutes)) {
    const documented = Object.keys(document.paths[path]?.[method]?.responses ?? {})
    const headers = { authorization: `Bearer ${operatorToken}` }
    const good = method === 'get' ? await edge.get(path, { headers }) : (await edge.register()).answer
    expect(good.status).toBe(200)
    // Strict: what is not documented is not there.
    expect(z.strictObject((answer as z.ZodObject).shape).parse(good.body)).toEqual(good.body)
    const bad = method === 'get' ? await edge.get(path) : await edge.post('{}')
    expect(documented).toContain(String(bad.status))
    if (bad.status !== 200) apiErrorSchema.parse(bad.body)
  }
})
