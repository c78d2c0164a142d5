import { describe, expect, it } from 'vitest'
import { type GateRequest, RequestGate } from './request-gate.ts'

const token = 'T'.repeat(43)
const gate = new RequestGate({ port: 8470, token })
const cookie = gate.sessionCookie().split(';')[0]
const own = 'http://127.0.0.1:8470'
const elsewhere = new RequestGate({ port: 8471, token }).pageKey
const protocols = `rma-donor, key.${gate.pageKey}`

function judge(request: Partial<GateRequest>) {
  const verdict = gate.judgeUpgrade({ hosts: ['127.0.0.1:8470'], origins: [], ...request })
  return verdict.kind === 'allowed' ? 'allowed' : verdict.status
}

describe('a request is let in by the name it was sent to', () => {
  it.each([['127.0.0.1:8470'], ['localhost:8470'], ['[::1]:8470']])('%s is one of its own', host => {
    expect(gate.judgeHost({ hosts: [host] }).kind).toBe('allowed')
  })

  it.each([
    [[]],
    [['']],
    [['127.0.0.1']],
    [['127.0.0.1:8471']],
    [['127.0.0.1:8470.example.org']],
    [['LOCALHOST:8470.']],
    [['rebound.example:8470']],
    [['0.0.0.0:8470']],
    [['127.0.0.1:8470', '127.0.0.1:8470']],
    [['127.0.0.1:8470', 'evil.example']],
  ])('%j is not', hosts => {
    expect(gate.judgeHost({ hosts })).toMatchObject({ kind: 'refused', status: 421 })
  })
})

describe('the RPC lets in', () => {
  it('a program with the token and no origin', () => {
    expect(judge({ authorization: `Bearer ${token}` })).toBe('allowed')
  })

  it('the dashboard’s own pages with the cookie and their key', () => {
    expect(judge({ origins: [own], cookie, protocols })).toBe('allowed')
    expect(judge({ origins: [own], cookie: `theme=dark; ${cookie}; other=1`, protocols })).toBe('allowed')
    expect(judge({ hosts: ['[::1]:8470'], origins: ['http://[::1]:8470'], cookie, protocols })).toBe('allowed')
  })
})

describe('the RPC refuses', () => {
  it.each([
    ['nothing shown', {}, 401],
    ['a wrong token', { authorization: `Bearer ${'U'.repeat(43)}` }, 401],
    ['a token that is only begun', { authorization: `Bearer ${token.slice(0, 42)}` }, 401],
    ['another scheme', { authorization: `Basic ${token}` }, 401],
    ['two tokens', { authorization: `Bearer ${token}, Bearer ${token}` }, 401],
    ['the cookie without an origin', { protocols, cookie }, 401],
    ['another site with the cookie', { protocols, origins: ['https://evil.example'], cookie }, 403],
    ['another port of this machine with the cookie', { protocols, origins: ['http://127.0.0.1:3000'], cookie }, 403],
    ['another name of this machine', { protocols, origins: ['http://localhost:8470'], cookie }, 403],
    ['a sandboxed page', { protocols, origins: ['null'], cookie }, 403],
    ['https of the same name', { protocols, origins: ['https://127.0.0.1:8470'], cookie }, 403],
    ['two origins', { protocols, origins: [own, own], cookie }, 403],
    [
      'another site with the token',
      { protocols, origins: ['https://evil.example'], authorization: `Bearer ${token}` },
      403,
    ],
    ['its own page without the cookie', { protocols, origins: [own] }, 401],
    ['its own page with the token as cookie', { protocols, origins: [own], cookie: `rma-session-8470=${token}` }, 401],
    ['the cookie of another port', { protocols, origins: [own], cookie: cookie?.replace('8470', '8471') }, 401],
    ['what another port of this machine was shown', { origins: [own], cookie }, 401],
    [
      'the cookie with the key of another port',
      { origins: [own], cookie, protocols: `rma-donor, key.${elsewhere}` },
      401,
    ],
    ['the key without the cookie', { origins: [own], protocols }, 401],
    ['the session for the key', { origins: [own], cookie, protocols: `rma-donor, key.${cookie?.split('=')[1]}` }, 401],
    ['a rebound name', { protocols, hosts: ['evil.example:8470'], origins: ['http://evil.example:8470'], cookie }, 421],
  ])('%s', (_, request, status) => {
    expect(judge(request)).toBe(status)
  })
})

describe('the cookie', () => {
  it('is out of reach for scripts and other sites, and does not hold the token', () => {
    expect(gate.sessionCookie()).toMatch(/^rma-session-8470=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict/)
    expect(gate.sessionCookie()).not.toContain(token)
  })

  it('outlives a restart with the same token, and ends with another', () => {
    const page = { hosts: ['127.0.0.1:8470'], origins: [], cookie }
    expect(new RequestGate({ port: 8470, token }).judgePage(page).kind).toBe('allowed')
    expect(new RequestGate({ port: 8470, token: 'V'.repeat(43) }).judgePage(page).kind).toBe('refused')
  })
})
