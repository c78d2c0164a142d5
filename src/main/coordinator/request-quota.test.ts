import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TurnedClock } from '../clock.ts'
import { quotaAddress } from './client-address.ts'
import { RequestQuota } from './request-quota.ts'

const exceeded = expect.objectContaining({ code: 'QUOTA_EXCEEDED' })

describe('a quota', () => {
  it('bounds what one source may ask in the long run, and says when to come back', () => {
    const clock = new TurnedClock()
    const quota = new RequestQuota({ clock }, { allowance: { burst: 3, perSecond: 0.5 }, atOnce: 10 })
    for (let index = 0; index < 3; index++) quota.take('a')()
    expect(() => quota.take('a')).toThrow(
      expect.objectContaining({ code: 'QUOTA_EXCEEDED', details: { retryAfterMs: 2_000 } }),
    )
    quota.take('b')()
    clock.turn(2_000)
    quota.take('a')()
    expect(() => quota.take('a')).toThrow(exceeded)
  })

  it('bounds what runs at once, whatever the order in which requests begin and end', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 60 }), steps => {
        const quota = new RequestQuota(
          { clock: new TurnedClock() },
          { allowance: { burst: 1_000, perSecond: 1 }, atOnce: 4 },
        )
        const running: (() => void)[] = []
        for (const begins of steps) {
          if (!begins) running.shift()?.()
          else if (running.length < 4) running.push(quota.take('a'))
          else expect(() => quota.take('a')).toThrow(exceeded)
        }
      }),
    )
  })

  it('is not loosened by a request that ends twice', () => {
    const quota = new RequestQuota({ clock: new TurnedClock() }, { allowance: { burst: 9, perSecond: 1 }, atOnce: 2 })
    const end = quota.take('a')
    quota.take('a')
    end()
    end()
    quota.take('a')
    expect(() => quota.take('a')).toThrow(exceeded)
  })
})

describe('the address a quota counts by', () => {
  it.each([
    ['an IPv4 client', '203.0.113.7', {}, false, '203.0.113.7'],
    ['one that came over IPv6 sockets', '::ffff:203.0.113.7', {}, false, '203.0.113.7'],
    ['an IPv6 client, by its /64', '2001:db8:1:2:3:4:5:6', {}, false, '2001:db8:1:2::/64'],
    ['a short IPv6 address', '2001:db8::1', {}, false, '2001:db8:0:0::/64'],
    [
      'who writes an address into the header',
      '203.0.113.7',
      { 'cf-connecting-ip': '198.51.100.1' },
      true,
      '203.0.113.7',
    ],
    ['a client of the tunnel', '127.0.0.1', { 'cf-connecting-ip': '198.51.100.1' }, true, '198.51.100.1'],
    ['this machine, without a tunnel', '127.0.0.1', { 'cf-connecting-ip': '198.51.100.1' }, false, '127.0.0.1'],
  ])('is right for %s', (_case, socketAddress, headers, behindTunnel, expected) => {
    expect(quotaAddress({ socketAddress, headers, behindTunnel })).toBe(expected)
  })
})
