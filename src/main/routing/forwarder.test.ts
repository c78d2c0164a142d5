import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { RmaError } from '../../shared/errors.ts'
import type { PeerRequest, PeerResponse } from '../paths/peer-http.ts'
import { type Forward, Forwarder } from './forwarder.ts'

const worker = '12D3KooWQYhTNQdmr3ArTeUHRYzFg94BKyTkoWBDWez9kSCVe2Xo'

interface Scene {
  request?: (request: PeerRequest) => Promise<PeerResponse>
  probe?: () => Promise<void>
}

function setUp({ request = async () => answerOf('read'), probe = async () => undefined }: Scene) {
  const sent: PeerRequest[] = []
  const seen = { heard: 0, watching: 0, patience: [] as (number | undefined)[] }
  const dying = new AbortController()
  const forwarder = new Forwarder({
    peerHttp: {
      request: (_to, each) => {
        sent.push(each)
        return request(each)
      },
    },
    peers: {
      probe,
      heard: () => {
        seen.heard++
      },
      watch: (_peer, patienceMs) => {
        seen.watching++
        seen.patience.push(patienceMs)
        return { signal: dying.signal, stop: () => seen.watching-- }
      },
    },
  })
  const send = (change: Partial<Forward> = {}) =>
    forwarder.send({
      service: 'ocr',
      to: { peerId: worker, addresses: [] },
      headers: {
        id: 'request-0001',
        deadlineMs: 60_000,
        hops: 1,
        trustedOnly: false,
        contentType: 'text/plain',
        accept: '',
      },
      body: { held: Buffer.from('a letter'), replayable: true, length: 8, read: () => Buffer.from('a letter') },
      requester: 'me',
      signal: new AbortController().signal,
      ...change,
    })
  return { send, sent, seen, die: (reason: RmaError) => dying.abort(reason) }
}

function answerOf(text: string): PeerResponse {
  return {
    status: 200,
    headers: { 'content-type': 'text/plain', 'x-rma-load': '0.5', 'x-rma-queue': '2' },
    body: Readable.from([Buffer.from(text)]),
    path: 'direct',
  }
}

describe('sending a request to a worker', () => {
  it('hands its answer over as it comes, and watches it to its end', async () => {
    const { send, sent, seen } = setUp({})
    const outcome = await send({ patienceMs: 700 })
    if (outcome.kind !== 'answered') throw new Error('expected an answer')
    expect(outcome.answer).toMatchObject({ worker, load: 0.5, queue: 2, path: 'direct' })
    expect([seen.watching, seen.patience]).toEqual([1, [700]])
    const parts: Uint8Array[] = []
    for await (const part of outcome.answer.body as AsyncIterable<Uint8Array>) parts.push(part)
    expect(Buffer.concat(parts).toString()).toBe('read')
    await new Promise(setImmediate)
    expect([seen.watching, seen.heard]).toEqual([0, 2])
    expect(sent[0]).toMatchObject({ onBehalfOf: 'me', connectMs: 700, path: '/service/ocr' })
  })

  it('watches nobody whose answer broke before it could be read', async () => {
    const body = new Readable({ read: () => undefined }).on('error', () => undefined).destroy(new Error('reset'))
    await new Promise(setImmediate)
    const { send, seen } = setUp({ request: async () => ({ ...answerOf(''), body }) })
    const { kind } = await send()
    await new Promise(setImmediate)
    expect([kind, seen.watching]).toEqual(['answered', 0])
  })

  it('sends nothing over a path that does not answer its probe', async () => {
    const gone = new RmaError('WORKER_LOST', 'the worker did not answer a probe', { sent: false })
    const { send, sent, seen } = setUp({ probe: () => Promise.reject(gone) })
    expect(await send()).toEqual({ kind: 'lost', error: gone })
    expect([sent.length, seen.watching]).toEqual([0, 0])
  })

  it('takes it for refused when too many of this node’s own requests wait for that worker', async () => {
    const { send } = setUp({ request: () => Promise.reject(new RmaError('BUSY', 'too many wait')) })
    expect(await send()).toMatchObject({ kind: 'refused', error: { code: 'BUSY' } })
  })

  it('says why a worker was lost, before its answer and in the middle of it', async () => {
    const silent = new RmaError('WORKER_LOST', 'the worker has been silent', { sent: true })
    const before = setUp({
      request: ({ signal }) =>
        new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    })
    const pending = before.send()
    while (before.sent.length === 0) await Promise.resolve()
    before.die(silent)
    expect(await pending).toEqual({ kind: 'lost', error: silent })

    async function* half() {
      yield Buffer.from('half of')
      throw new Error('reset')
    }
    const midway = setUp({ request: async () => ({ ...answerOf(''), body: Readable.from(half()) }) })
    const outcome = await midway.send()
    if (outcome.kind !== 'answered') throw new Error('expected an answer')
    const reading = (async () => {
      for await (const _ of outcome.answer.body as AsyncIterable<Uint8Array>);
    })()
    await expect(reading).rejects.toMatchObject({ code: 'WORKER_LOST' })
  })

  it('gives up the answer of a worker whose headers are not of the agreed form, so that nothing waits for it', async () => {
    const body = new Readable({ read: () => undefined })
    const closed = new Promise(resolve => body.once('close', resolve))
    const headers = { ...answerOf('').headers, 'x-rma-load': '2' }
    const { send, seen } = setUp({ request: async () => ({ ...answerOf(''), headers, body }) })
    expect(await send()).toMatchObject({ kind: 'lost', error: { code: 'WORKER_MISBEHAVED' } })
    await closed
    expect(seen.watching).toBe(0)
  })

  it('takes a worker for lost whose refusal breaks off, so that another may be asked', async () => {
    async function* half() {
      yield Buffer.from('{"error":')
      throw new Error('reset')
    }
    const { send } = setUp({ request: async () => ({ ...answerOf(''), status: 429, body: Readable.from(half()) }) })
    expect(await send()).toMatchObject({ kind: 'lost', error: { code: 'WORKER_LOST', details: { sent: true } } })
  })

  it('holds a body’s own failure against nobody', async () => {
    const tooLarge = new RmaError('TOO_LARGE', 'the document is too large')
    async function* source(): AsyncGenerator<Uint8Array> {
      yield Buffer.alloc(1)
      throw tooLarge
    }
    const { send } = setUp({
      request: async ({ body }) => {
        if (typeof body !== 'function') throw new Error('expected a body that streams')
        for await (const _ of body());
        throw new Error('expected it to fail')
      },
    })
    const body = { held: undefined, replayable: true, length: undefined, read: source }
    await expect(send({ body })).rejects.toBe(tooLarge)
  })

  it.each([
    ['an answer that is no error of ours', 500, '<html>', 'WORKER_MISBEHAVED'],
    [
      'a code with another’s status',
      200 + 1,
      JSON.stringify({ error: { code: 'BUSY', message: '' } }),
      'WORKER_MISBEHAVED',
    ],
    ['an error', 422, JSON.stringify({ error: { code: 'BAD_INPUT', message: 'a poem' } }), 'BAD_INPUT'],
  ])('reads %s', async (_what, status, text, code) => {
    const { send } = setUp({ request: async () => ({ ...answerOf(text), status }) })
    expect(await send()).toMatchObject({ kind: 'refused', error: { code, details: { worker } } })
  })
})
