import { generateKeyPair } from '@libp2p/crypto/keys'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { TokenSigner } from '../../shared/membership/peer-token.ts'
import { sealTicket, type TicketDraft, ticketLifeMs } from '../../shared/membership/service-ticket.ts'
import { minute } from '../../shared/units.ts'
import { PublicListener } from './public-listener.ts'
import { accessToken, echoServices, startTestNode, type TestNode } from './test-node.ts'
import { TicketGate } from './ticket-gate.ts'

const networkId = 'feedfeedfeedfeed'
const page = 'https://app.example.org'

let now: number
let worker: TestNode
let listener: PublicListener
let url: string
let coordinator: TokenSigner
let stranger: TokenSigner

async function newSigner(): Promise<TokenSigner> {
  const key = await generateKeyPair('Ed25519')
  return { peerId: key.publicKey.toString(), sign: content => key.sign(content) }
}

async function start(pageOrigins?: readonly string[]): Promise<void> {
  now = 1_700_000_000_000
  worker = await startTestNode(
    echoServices(async ({ contentType, body, onStarted }) => {
      onStarted?.()
      return { contentType, body }
    }),
    ({ selfId }) => ({
      tickets: new TicketGate(
        { clock: { now: () => now }, isCoordinator: id => id === coordinator.peerId },
        { networkId, selfId },
      ),
      ...(pageOrigins === undefined ? {} : { pageOrigins }),
    }),
  )
  listener = new PublicListener({ server: worker.server }, { port: { port: 0, explicit: true }, host: '127.0.0.1' })
  await listener.start()
  url = listener.url ?? ''
}

beforeEach(async () => {
  coordinator = await newSigner()
  stranger = await newSigner()
  await start()
})

afterEach(async () => {
  listener.stop()
  await worker.stop()
})

async function ticketFor(changes: Partial<TicketDraft> = {}, signer = coordinator): Promise<string> {
  const draft = { networkId, worker: worker.host.peerId.toString(), service: 'echo', now, ...changes }
  return (await sealTicket(draft, signer)).ticket
}

/** As a page sends it. */
function ask(authorization: string | undefined, init: RequestInit = {}, path = '/service/echo'): Promise<Response> {
  const headers = {
    origin: page,
    'content-type': 'text/plain',
    ...(authorization === undefined ? {} : { authorization }),
  }
  return fetch(url + path, { method: 'POST', body: 'a letter', ...init, headers: { ...headers, ...init.headers } })
}

async function refusalOf(response: Response): Promise<[number, string]> {
  return [response.status, (await response.json()).error.code]
}

describe('a worker’s public listener', () => {
  it('runs a request with a ticket, in the turn of the coordinator who vouches for it', async () => {
    const answer = await ask(`Bearer ${await ticketFor()}`, { headers: { 'x-rma-request-id': 'request-0001' } })
    expect(await answer.text()).toBe('a letter')
    expect(answer.status).toBe(200)
    expect(answer.headers.get('x-rma-path')).toBe('tunnel')
    expect(answer.headers.get('x-rma-worker')).toBe(worker.host.peerId.toString())
    await vi.waitFor(() =>
      expect(worker.jobs.jobs.get().jobs).toMatchObject([
        { id: 'request-0001', role: 'served', path: 'tunnel', requester: coordinator.peerId, state: 'done' },
      ]),
    )
  })

  it('takes a ticket once, whoever shows it at the same time', async () => {
    const ticket = `Bearer ${await ticketFor()}`
    const answers = await Promise.all(Array.from({ length: 5 }, () => ask(ticket)))
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409, 409, 409, 409])
    const again = await ask(ticket)
    expect(await refusalOf(again)).toEqual([409, 'TICKET_REPLAYED'])
    expect(again.headers.get('access-control-allow-origin')).toBe(page)
  })

  it.each<[string, number, string, () => Promise<string | undefined>]>([
    ['without one', 401, 'TICKET_MISSING', async () => undefined],
    ['with the token of this machine’s programs', 401, 'TICKET_MALFORMED', async () => accessToken],
    ['with an API key', 401, 'TICKET_MALFORMED', async () => 'rma_0123456789abcdef'],
    ['for another worker', 403, 'TICKET_FOREIGN', () => ticketFor({ worker: stranger.peerId })],
    ['for another service', 403, 'TICKET_FOREIGN', () => ticketFor({ service: 'ocr' })],
    ['of another network', 403, 'TICKET_WRONG_NETWORK', () => ticketFor({ networkId: 'beefbeefbeefbeef' })],
    ['that has expired', 401, 'TICKET_EXPIRED', () => ticketFor({ now: now - ticketLifeMs })],
    ['dated ahead', 401, 'TICKET_NOT_YET_VALID', () => ticketFor({ now: now + 5 * minute })],
    ['of somebody who is no coordinator here', 403, 'TICKET_ISSUER', () => ticketFor({}, stranger)],
    [
      'forged in the coordinator’s name',
      401,
      'TICKET_FORGED',
      () => ticketFor({}, { peerId: coordinator.peerId, sign: content => stranger.sign(content) }),
    ],
  ])('refuses a request %s with %i %s, and runs nothing', async (_case, status, code, ticket) => {
    const shown = await ticket()
    expect(await refusalOf(await ask(shown === undefined ? undefined : `Bearer ${shown}`))).toEqual([status, code])
    expect(worker.jobs.jobs.get().jobs).toEqual([])
  })

  it('is no way to a trusted worker where it is none itself', async () => {
    const answer = await ask(`Bearer ${await ticketFor()}`, { headers: { 'x-rma-trusted': '1' } })
    expect(await refusalOf(answer)).toEqual([403, 'FORBIDDEN'])
  })

  it('has nothing of what this machine and peers are answered, with the token or a ticket', async () => {
    const paths = [
      'GET /metrics',
      'GET /services',
      'POST /receipts/request-0001',
      'GET /api/dht/bootstrap',
      'GET /',
      'GET /rpc',
      'GET /service/echo',
      'PUT /service/echo',
      'POST /health',
    ]
    for (const each of paths) {
      const [method = '', path = ''] = each.split(' ')
      for (const shown of [accessToken, await ticketFor()]) {
        const init = { method, ...(method === 'GET' ? { body: null } : {}) }
        expect([each, ...(await refusalOf(await ask(`Bearer ${shown}`, init, path)))]).toEqual([each, 404, 'NOT_FOUND'])
      }
    }
    expect(await (await fetch(`${url}/health`)).json()).toEqual({ status: 'ok' })
    // The same paths are there for this machine's programs.
    const headers = { authorization: `Bearer ${accessToken}` }
    expect((await fetch(`${worker.url}/services`, { headers })).status).toBe(200)
  })

  it('takes no ticket at the loopback listener', async () => {
    const headers = { authorization: `Bearer ${await ticketFor()}` }
    const answer = await fetch(`${worker.url}/service/echo`, { method: 'POST', headers, body: 'x' })
    expect(await refusalOf(answer)).toEqual([401, 'UNAUTHORIZED'])
  })
})

describe('what a browser is told of it', () => {
  const preflight = {
    method: 'OPTIONS',
    body: null,
    headers: { 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' },
  }

  it('lets pages of any site ask by default, and send nothing of the browser’s own', async () => {
    const { status, headers } = await ask(undefined, preflight)
    expect(status).toBe(204)
    expect(headers.get('access-control-allow-origin')).toBe(page)
    expect(headers.get('access-control-allow-methods')).toBe('POST')
    expect(headers.get('access-control-allow-headers')).toContain('authorization')
    expect(headers.get('access-control-allow-credentials')).toBeNull()
    expect(headers.get('vary')).toBe('origin')
    const answer = await ask(`Bearer ${await ticketFor()}`)
    expect(answer.headers.get('access-control-expose-headers')).toContain('x-rma-worker')
    await answer.text()
  })

  it('keeps pages of other sites out where the owner names some', async () => {
    listener.stop()
    await worker.stop()
    await start(['https://other.example.org'])
    const { headers } = await ask(undefined, preflight)
    expect(headers.get('access-control-allow-origin')).toBeNull()
    expect(headers.get('access-control-allow-methods')).toBeNull()
    const named = await ask(undefined, {
      ...preflight,
      headers: { ...preflight.headers, origin: 'https://other.example.org' },
    })
    expect(named.headers.get('access-control-allow-origin')).toBe('https://other.example.org')
  })

  it('says nothing of the kind at the loopback listener', async () => {
    const { headers } = await fetch(`${worker.url}/service/echo`, { method: 'OPTIONS', headers: { origin: page } })
    expect([...headers.keys()].filter(name => name.startsWith('access-control'))).toEqual([])
  })
})
