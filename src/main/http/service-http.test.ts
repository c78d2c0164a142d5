import { Readable } from 'node:stream'
import { request as httpRequest } from 'undici'
import { describe, expect, it, vi } from 'vitest'
import { RmaError } from '../../shared/errors.ts'
import { authorised, echo, type Run, startNode, type TestNode, viewOf } from './test-node.ts'

describe('a request sent through a node to a peer', () => {
  it('comes back with the worker’s answer, and both ends keep the job', async () => {
    const [worker, requester] = [await startNode(echo), await startNode()]
    requester.known.push(viewOf(worker))
    const response = await httpRequest(`${requester.url}/service/echo`, {
      method: 'POST',
      headers: { ...authorised, 'content-type': 'text/plain', 'x-rma-request-id': 'request-0001' },
      body: 'hello there',
    })
    expect(await response.body.text()).toBe('hello there')
    expect(response.statusCode).toBe(200)
    expect(response.headers).toMatchObject({
      'content-type': 'text/plain',
      'x-rma-worker': worker.host.peerId.toString(),
      'x-rma-load': '0.250',
      'x-rma-queue': '3',
      'x-rma-path': 'direct',
    })
    const common = { id: 'request-0001', requester: requester.host.peerId.toString(), state: 'done', bytesIn: 11 }
    await vi.waitFor(() => {
      expect(worker.jobs.jobs.get().jobs).toMatchObject([{ ...common, role: 'served', path: 'direct' }])
      expect(requester.jobs.jobs.get().jobs).toMatchObject([{ ...common, role: 'requested', bytesOut: 11 }])
    })
  })

  it('runs once, however often its requester asks for it by its id, and belongs to that requester alone', async () => {
    const ran: string[] = []
    const gate = Promise.withResolvers<void>()
    const worker = await startNode(async ({ requester, body, onStarted }) => {
      for await (const _ of body) onStarted?.()
      ran.push(requester)
      await gate.promise
      async function* lines() {
        for (let line = 1; line <= 3; line++) yield Buffer.from(`{"line":${line}}\n`)
      }
      return { contentType: 'application/x-ndjson', body: lines() }
    })
    const [one, two] = [await startNode(), await startNode()]
    for (const each of [one, two]) each.known.push(viewOf(worker))
    const ask = async ({ url }: TestNode, body = 'a letter') => {
      const headers = { ...authorised, 'x-rma-request-id': 'request-0001', accept: 'application/x-ndjson' }
      const response = await httpRequest(`${url}/service/echo`, { method: 'POST', headers, body })
      return { status: response.statusCode, body: await response.body.text() }
    }
    const asked = [ask(one), ask(one), ask(two)]
    await vi.waitFor(() => expect(ran).toHaveLength(2))
    gate.resolve()
    const answer = { status: 200, body: '{"line":1}\n{"line":2}\n{"line":3}\n' }
    expect(await Promise.all(asked)).toEqual([answer, answer, answer])
    expect(await ask(one)).toEqual(answer)
    expect([...ran].sort()).toEqual([one, two].map(({ host }) => host.peerId.toString()).sort())
    const reused = await ask(one, 'another letter')
    expect(reused.status).toBe(409)
    expect(JSON.parse(reused.body)).toMatchObject({ error: { code: 'REQUEST_ID_REUSED' } })
  })

  it('streams both ways without being held whole', async () => {
    const [worker, requester] = [await startNode(echo), await startNode()]
    requester.known.push(viewOf(worker))
    const chunk = Buffer.alloc(1 << 20, 7)
    async function* upload() {
      for (let index = 0; index < 40; index++) yield chunk
    }
    const response = await httpRequest(`${requester.url}/service/echo`, {
      method: 'POST',
      headers: authorised,
      body: Readable.from(upload()),
    })
    let bytes = 0
    for await (const part of response.body) bytes += part.length
    expect(bytes).toBe(40 << 20)
  })

  it('asks for a large body only once a worker takes it, and loses none of it to those that refuse', async () => {
    let refused = 0
    const busy = await startNode(() => {
      refused++
      return Promise.reject(new RmaError('BUSY', 'full'))
    })
    const [able, requester] = [await startNode(echo), await startNode()]
    const large = Buffer.alloc(9 << 20, 7)
    // Which of the two is asked first is drawn by lot.
    while (refused === 0) {
      requester.known.splice(0, 2, viewOf(busy), viewOf(able))
      const response = await httpRequest(`${requester.url}/service/echo`, {
        method: 'POST',
        headers: authorised,
        body: large,
      })
      expect(response.headers['x-rma-worker']).toBe(able.host.peerId.toString())
      expect(Buffer.from(await response.body.arrayBuffer()).equals(large)).toBe(true)
    }
  })

  it('is not held up by the one before, whose answer was there before its body was read', async () => {
    const worker = await startNode(async ({ body }) => {
      for await (const _ of body) break
      return { contentType: 'text/plain', body: Buffer.from('seen enough') }
    })
    const requester = await startNode()
    requester.known.push(viewOf(worker))
    for (let round = 0; round < 3; round++) {
      const response = await httpRequest(`${requester.url}/service/echo`, {
        method: 'POST',
        headers: { ...authorised, 'x-rma-deadline-ms': '50000' },
        body: Buffer.alloc(4 << 20),
      })
      expect(await response.body.text()).toBe('seen enough')
    }
  })

  it('says WORKER_LOST when a worker goes away in the middle of a large body, which nobody holds', async () => {
    const taken = Promise.withResolvers<void>()
    const doomed = await startNode(async ({ body }) => {
      for await (const _ of body) taken.resolve()
      return { contentType: '', body: Buffer.from('never') }
    })
    const [able, requester] = [await startNode(echo), await startNode()]
    requester.known.push(viewOf(doomed))
    const more = Promise.withResolvers<void>()
    async function* upload() {
      for (let part = 0; part < 10; part++) yield Buffer.alloc(1 << 20)
      await more.promise
      yield Buffer.alloc(1)
    }
    const pending = httpRequest(`${requester.url}/service/echo`, {
      method: 'POST',
      headers: authorised,
      body: Readable.from(upload()),
    })
    await taken.promise
    requester.known.push(viewOf(able))
    const [response] = await Promise.all([pending, doomed.stop()])
    more.resolve()
    expect(response.statusCode).toBe(502)
    expect(await response.body.json()).toMatchObject({ error: { code: 'WORKER_LOST' } })
  })

  it('is cancelled on the worker when the requester goes away', async () => {
    let cancelled: unknown
    const worker = await startNode(async ({ signal, onStarted }) => {
      onStarted?.()
      return new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          cancelled = signal.reason
          reject(signal.reason)
        })
      })
    })
    const requester = await startNode()
    requester.known.push(viewOf(worker))
    const controller = new AbortController()
    const pending = httpRequest(`${requester.url}/service/echo`, {
      method: 'POST',
      headers: authorised,
      body: 'x',
      signal: controller.signal,
    })
    await vi.waitFor(() => expect(worker.jobs.jobs.get().jobs[0]?.state).toBe('running'))
    controller.abort()
    await expect(pending).rejects.toThrow()
    await vi.waitFor(() => expect(cancelled).toMatchObject({ code: 'CANCELLED' }))
    await vi.waitFor(() => expect(requester.jobs.jobs.get().jobs[0]?.state).toBe('cancelled'))
  })

  it('ends with DEADLINE when the worker takes too long', async () => {
    const worker = await startNode(
      ({ signal }) =>
        new Promise((_resolve, reject) =>
          signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
        ),
    )
    const requester = await startNode()
    requester.known.push(viewOf(worker))
    const response = await httpRequest(`${requester.url}/service/echo`, {
      method: 'POST',
      headers: { ...authorised, 'x-rma-deadline-ms': '150' },
      body: 'x',
    })
    expect(response.statusCode).toBe(504)
    expect(await response.body.json()).toMatchObject({ error: { code: 'DEADLINE' } })
  })

  it('goes to another worker when the first is busy or gone', async () => {
    const busy = await startNode(() => Promise.reject(new RmaError('BUSY', 'full', { retryAfterMs: 2_000 })))
    const gone = await startNode(echo)
    const able = await startNode(echo)
    const requester = await startNode()
    requester.known.push(viewOf(busy), viewOf(gone), viewOf(able))
    await gone.stop()
    for (let round = 0; round < 5; round++) {
      const response = await httpRequest(`${requester.url}/service/echo`, {
        method: 'POST',
        headers: authorised,
        body: 'again',
      })
      expect(response.statusCode).toBe(200)
      expect(await response.body.text()).toBe('again')
      expect(response.headers['x-rma-worker']).toBe(able.host.peerId.toString())
    }
  })

  it('answers NO_WORKER or UNKNOWN_SERVICE with what was tried', async () => {
    const busy = await startNode(() => Promise.reject(new RmaError('BUSY', 'full')))
    const requester = await startNode()
    requester.known.push(viewOf(busy))
    const ask = async (service: string) => {
      const options = { method: 'POST', headers: authorised, body: 'x' } as const
      const response = await httpRequest(`${requester.url}/service/${service}`, options)
      return { status: response.statusCode, body: await response.body.json() }
    }
    expect(await ask('echo')).toMatchObject({
      status: 503,
      body: {
        error: {
          code: 'NO_WORKER',
          details: { tried: [{ worker: busy.host.peerId.toString(), code: 'BUSY' }, { worker: 'coordinator' }] },
        },
      },
    })
    requester.known.splice(0)
    expect(await ask('ocr')).toMatchObject({ status: 503, body: { error: { code: 'NO_WORKER' } } })
    expect(await ask('nothing')).toMatchObject({ status: 404, body: { error: { code: 'UNKNOWN_SERVICE' } } })
    expect(await ask('..%2Fetc')).toMatchObject({ status: 404, body: { error: { code: 'UNKNOWN_SERVICE' } } })
  })

  it('passes the worker’s own refusal of bad input on, and asks nobody else', async () => {
    let asked = 0
    const refuse: Run = () => {
      asked++
      return Promise.reject(new RmaError('BAD_INPUT', 'expected a picture, got a poem'))
    }
    const workers = [await startNode(refuse), await startNode(refuse)]
    const requester = await startNode()
    requester.known.push(...workers.map(each => viewOf(each)))
    const response = await httpRequest(`${requester.url}/service/echo`, {
      method: 'POST',
      headers: authorised,
      body: 'roses are red',
    })
    expect(response.statusCode).toBe(422)
    expect(await response.body.json()).toMatchObject({
      error: { code: 'BAD_INPUT', message: 'expected a picture, got a poem' },
    })
    expect(asked).toBe(1)
  })
})
