import { describe, expect, it } from 'vitest'
import { type GateRequest, RequestGate } from './request-gate.ts'

const token = 'T'.repeat(43)
const gate = new RequestGate({ port: 8470, token })
const cookie = gate.sessionCookie().split(';')[0]
const own = 'http://127.0.0.1:8470'

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

  it('the dashboard’s own pages with the cookie', () => {
    expect(judge({ origins: [own], cookie })).toBe('allowed')
    expect(judge({ origins: [own], cookie: `theme=dark; ${cookie}; other=1` })).toBe('allowed')
    expect(judge({ hosts: ['[::1]:8470'], origins: ['http://[::1]:8470'], cookie })).toBe('allowed')
  })
})

describe('the RPC refuses', () => {
  it.each([
    ['nothing shown', {}, 401],
    ['a wrong token', { authorization: `Bearer ${'U'.repeat(43)}` }, 401],
    ['a token that is only begun', { authorization: `Bearer ${token.slice(0, 42)}` }, 401],
    ['another scheme', { authorization: `Basic ${token}` }, 401],
    ['two tokens', { authorization: `Bearer ${token}, Bearer ${token}` }, 401],
    ['the cookie without an origin', { cookie }, 401],
    ['another site with the cookie', { origins: ['https://evil.example'], cookie }, 403],
    ['another port of this machine with the cookie', { origins: ['http://127.0.0.1:3000'], cookie }, 403],
    ['another name of this machine', { origins: ['http://localhost:8470'], cookie }, 403],
    ['a sandboxed page', { origins: ['null'], cookie }, 403],
    ['https of the same name', { origins: ['https://127.0.0.1:8470'], cookie }, 403],
    ['two origins', { origins: [own, own], cookie }, 403],
    ['another site with the token', { origins: ['https://evil.example'], authorization: `Bearer ${token}` }, 403],
    ['its own page without the cookie', { origins: [own] }, 401],
    ['its own page with the token as cookie', { origins: [own], cookie: `rma-session-8470=${token}` }, 401],
    ['the cookie of another port', { origins: [own], cookie: cookie?.replace('8470', '8471') }, 401],
    ['a rebound name', { hosts: ['evil.example:8470'], origins: ['http://evil.example:8470'], cookie }, 421],
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
