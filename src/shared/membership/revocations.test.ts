import { generateKeyPair } from '@libp2p/crypto/keys'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { day, hour, second } from '../units.ts'
import { type CaKey, generateCaKey } from './ca-key.ts'
import { networkId } from './network-id.ts'
import {
  maxRevocationsLength,
  mergeRevoked,
  type Revocations,
  signRevocations,
  verifyRevocations,
} from './revocations.ts'

let ca: CaKey
let list: Revocations
let token: string
const now = 1_700_000_000_000

beforeAll(async () => {
  ca = await generateCaKey()
  const peer = (await generateKeyPair('Ed25519')).publicKey.toString()
  list = { net: networkId('charity', ca.publicKey), version: now, revoked: { [peer]: now / second } }
  token = await signRevocations(list, ca)
})

const check = () => ({ caPublicKey: ca.publicKey, networkId: list.net })
const refusal = (promise: Promise<unknown>) =>
  promise.then(
    () => 'taken',
    error => (error as { code: string }).code,
  )

describe('a list of revocations', () => {
  it('is what the CA signed, with no character changed', async () => {
    expect(await verifyRevocations(token, check())).toEqual(list)
    for (let index = 0; index < token.length; index++) {
      const changed = token[index] === 'A' ? 'B' : 'A'
      const altered = token.slice(0, index) + changed + token.slice(index + 1)
      expect(await refusal(verifyRevocations(altered, check()))).toMatch(/^MEMBERSHIP_/)
    }
  })

  it('counts in its own network only, and from its own CA', async () => {
    const other = await generateCaKey()
    const elsewhere = networkId('other', ca.publicKey)
    expect(await refusal(verifyRevocations(token, { ...check(), networkId: elsewhere }))).toBe(
      'MEMBERSHIP_WRONG_NETWORK',
    )
    expect(await refusal(verifyRevocations(await signRevocations(list, other), check()))).toBe('MEMBERSHIP_FORGED')
  })

  it('holds 600 peers, and is not signed where it would be too long to send', async () => {
    const many = (count: number) =>
      Object.fromEntries(
        Array.from({ length: count }, (_, n) => [`12D3KooW${String(n).padStart(44, 'x')}`, now / second]),
      )
    expect((await signRevocations({ ...list, revoked: many(600) }, ca)).length).toBeLessThan(maxRevocationsLength)
    expect(await refusal(signRevocations({ ...list, revoked: many(1_000) }, ca))).toBe('TOO_LARGE')
  })

  it('becomes one with another in any order, the later time counting, without what has run out', () => {
    const subject = fc.constantFrom('a', 'b', 'c', 'd').map(letter => letter.repeat(22))
    const revoked = fc.dictionary(subject, fc.integer({ min: now / second - (8 * day) / second, max: now / second }))
    fc.assert(
      fc.property(revoked, revoked, (one, other) => {
        const merged = mergeRevoked(one, other, now)
        expect(mergeRevoked(other, one, now)).toEqual(merged)
        expect(mergeRevoked(merged, one, now)).toEqual(merged)
        for (const [subject, at] of Object.entries(one))
          if (at * second > now - 7 * day) expect(merged[subject]).toBeGreaterThanOrEqual(at)
        expect(mergeRevoked(one, other, now + 7 * day + hour)).toEqual({})
      }),
    )
  })
})
