import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { deepLinkIn, parseDeepLink } from './deep-link.ts'

it.each([
  ['rma-donor://open/logs', 'logs'],
  ['rma-donor://open/topology/', 'topology'],
  ['rma-donor://open/status', 'status'],
])('%s opens that page', (link, page) => {
  expect(parseDeepLink(link)).toEqual({ page })
})

it.each([
  'rma-donor:',
  'rma-donor://',
  'rma-donor://open',
  'rma-donor://open/settings',
  'rma-donor://open/logs?token=x',
  'rma-donor://open/logs#x',
  'rma-donor://open/../../etc/passwd',
  'rma-donor://open/LOGS',
  'rma-donor://donate/on',
  'rma-donor:open/logs',
  'rma-donor://user@open/logs',
])('%s only shows the app', link => {
  expect(parseDeepLink(link)).toEqual({ page: 'status' })
})

it.each(['https://open/logs', 'xrma-donor://open/logs', '', `rma-donor://open/${'a'.repeat(2_048)}`])(
  '%s is no link of this app',
  text => {
    expect(parseDeepLink(text)).toBeUndefined()
  },
)

it.each([
  ['rma-donor://join/rma1abc-_XYZ', 'rma1abc-_XYZ'],
  ['rma-donor://join/rma1abc/', 'rma1abc'],
])('%s brings an invite', (link, invite) => {
  expect(parseDeepLink(link)).toEqual({ page: 'status', invite })
})

it.each(['rma-donor://join/', 'rma-donor://join/rma1', 'rma-donor://join/rma1a?b', 'rma-donor://join/../rma1a'])(
  '%s brings none',
  link => {
    expect(parseDeepLink(link)).toEqual({ page: 'status' })
  },
)

it('can ask for nothing but a page, whatever it says', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 600 }), fc.boolean(), (text, ours) => {
      const link = parseDeepLink(ours ? `rma-donor:${text}` : text)
      expect([undefined, 'status', 'topology', 'logs']).toContain(link?.page)
      expect(Object.keys(link ?? {})).toEqual(link === undefined ? [] : ['page'])
    }),
  )
})

describe('among the arguments of a program', () => {
  it('the first link counts, wherever it stands', () => {
    expect(deepLinkIn(['/opt/rma-donor', '--hidden', 'rma-donor://open/logs', 'rma-donor://open/status'])).toEqual({
      page: 'logs',
    })
  })

  it('there may be none', () => {
    expect(deepLinkIn(['/opt/rma-donor', '--rma-donor://open/logs'])).toBeUndefined()
    expect(deepLinkIn([])).toBeUndefined()
  })
})
