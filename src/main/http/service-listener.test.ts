import { once } from 'node:events'
import { connect } from 'node:net'
import { Readable } from 'node:stream'
import { request as httpRequest } from 'undici'
import { describe, expect, it } from 'vitest'
import { accessToken, authorised, echo, startNode } from './test-node.ts'

describe('the loopback listener', () => {
  it('asks for the token before it looks at anything else', async () => {
    const node = await startNode(echo)
    for (const headers of [{}, { authorization: 'Bearer wrong' }, { authorization: 'secret' }]) {
      const response = await httpRequest(`${node.url}/service/echo`, { method: 'POST', headers, body: 'x' })
      expect(response.statusCode).toBe(401)
      expect(await response.body.json()).toMatchObject({ error: { code: 'UNAUTHORIZED' } })
    }
    const health = await httpRequest(`${node.url}/health`)
    expect(await health.body.json()).toMatchObject({ status: 'ok', donating: true })
  })

  it('does not tell a web page, which reaches it by a name of its own, whose node it is', async () => {
    const node = await startNode(echo)
    for (const host of ['rebound.example', 'rebound.example:8469', '127.0.0.1.rebound.example']) {
      const health = await httpRequest(`${node.url}/health`, { headers: { host } })
      expect(await health.body.json()).toEqual({ status: 'ok' })
    }
    const own = await httpRequest(`${node.url}/health`, { headers: { host: 'localhost:9000' } })
    expect(await own.body.json()).toMatchObject({ node_id: node.host.peerId.toString() })
  })

  it('serves a request here when the node offers the service itself', async () => {
    const node = await startNode(echo)
    const response = await httpRequest(`${node.url}/service/echo`, { method: 'POST', headers: authorised, body: 'me' })
    expect(await response.body.text()).toBe('me')
    expect(response.headers['x-rma-path']).toBe('local')
    expect(node.jobs.jobs.get().jobs).toMatchObject([{ role: 'own', state: 'done', path: 'local' }])
    expect(node.jobs.totals).toEqual({ served: 0, requested: 0, own: 1, failed: 0 })
  })

  it.each([
    ['x-rma-deadline-ms', 'soon', 'x-rma-deadline-ms: expected a number of milliseconds, got "soon"'],
    ['x-rma-hops', 'x', 'x-rma-hops: expected a digit, got "x"'],
    ['x-rma-trusted', 'yes', 'x-rma-trusted: expected 0 or 1, got "yes"'],
    ['x-rma-languages', 'eng,deutsch', 'x-rma-languages: expected a code such as eng, got "eng,deutsch"'],
    ['x-rma-request-id', 'a b', 'x-rma-request-id: expected 8 to 64 letters, digits, - or _, got "a b"'],
  ])('refuses a bad %s header by name', async (header, value, message) => {
    const node = await startNode(echo)
    const response = await httpRequest(`${node.url}/service/echo`, {
      method: 'POST',
      headers: { ...authorised, [header]: value },
      body: 'x',
    })
    expect(response.statusCode).toBe(422)
    expect(await response.body.json()).toMatchObject({ error: { code: 'BAD_HEADER', message, details: { header } } })
  })

  it('lets whoever sends a body that is refused at once read why, however slowly it is sent', async () => {
    const node = await startNode(echo)
    async function* slowly() {
      for (let part = 0; part < 12; part++) {
        yield Buffer.alloc(1 << 20)
        await new Promise(resolve => setTimeout(resolve, 100))
      }
    }
    const response = await httpRequest(`${node.url}/service/echo`, {
      method: 'POST',
      headers: { authorization: 'Bearer wrong' },
      body: Readable.from(slowly()),
    })
    expect(response.statusCode).toBe(401)
    expect(await response.body.json()).toMatchObject({ error: { code: 'UNAUTHORIZED' } })
  })

  it('says DEADLINE to whoever stops in the middle of a body', async () => {
    const node = await startNode()
    const socket = connect(node.server.port, '127.0.0.1')
    const headers = [`authorization: Bearer ${accessToken}`, 'x-rma-deadline-ms: 150', 'content-length: 10']
    socket.write(`POST /service/echo HTTP/1.1\r\nhost: a\r\n${headers.join('\r\n')}\r\n\r\nhalf`)
    expect(String(await once(socket, 'data'))).toMatch(/^HTTP\/1\.1 504 /)
    socket.destroy()
  })

  it('answers an unknown path with what it expects', async () => {
    const node = await startNode(echo)
    const response = await httpRequest(`${node.url}/nowhere`, { headers: authorised })
    expect(response.statusCode).toBe(404)
    expect(await response.body.json()).toMatchObject({ error: { code: 'NOT_FOUND' } })
  })
})
