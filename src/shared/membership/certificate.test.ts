import { generateKeyPair } from '@libp2p/crypto/keys'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { day, minute, second } from '../units.ts'
import { encodeBase64url } from './base64url.ts'
import { type CaKey, generateCaKey } from './ca-key.ts'
import {
  type CertificateCheck,
  type CertificateRequest,
  issueCertificate,
  maxCertificateLength,
  verifyCertificate,
} from './certificate.ts'
import { networkId } from './network-id.ts'

const issuedAt = 1_700_000_000_000
let ca: CaKey
let otherCa: CaKey
let peerId: string
let otherPeer: string
let request: CertificateRequest
let check: CertificateCheck
let token: string

beforeAll(async () => {
  ca = await generateCaKey()
  otherCa = await generateCaKey()
  peerId = (await generateKeyPair('Ed25519')).publicKey.toString()
  otherPeer = (await generateKeyPair('Ed25519')).publicKey.toString()
  const network = networkId('charity', ca.publicKey)
  request = { peerId, networkId: network, roles: ['donor', 'trusted'], vpnIp: '10.42.1.5', issuedAt, lifeMs: 7 * day }
  check = { caPublicKey: ca.publicKey, networkId: network, now: issuedAt + day }
  token = await issueCertificate(request, ca)
})

const refusal = (promise: Promise<unknown>) =>
  promise.then(
    () => 'taken',
    error => (error as { code: string }).code,
  )

describe('a certificate', () => {
  it('says what the CA has said', async () => {
    expect(token.length).toBeLessThan(maxCertificateLength / 3)
    expect(await verifyCertificate(token, { ...check, shownBy: peerId })).toEqual({
      id: expect.stringMatching(/^[\w-]{22}$/),
      peerId,
      networkId: check.networkId,
      roles: ['donor', 'trusted'],
      vpnIp: '10.42.1.5',
      issuedAt,
      expiresAt: issuedAt + 7 * day,
    })
  })

  it('is refused with any one character changed, left out or added', async () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ '
    for (const [index, present] of [...token].entries()) {
      const changed = alphabet.charAt((alphabet.indexOf(present) + 1 + (index % 60)) % alphabet.length)
      expect(
        await refusal(verifyCertificate(token.slice(0, index) + changed + token.slice(index + 1), check)),
      ).not.toBe('taken')
      expect(await refusal(verifyCertificate(token.slice(0, index) + token.slice(index + 1), check))).not.toBe('taken')
    }
    // The last character of a signature has bits that decoders ignore.
    for (const last of alphabet) {
      if (token.endsWith(last)) continue
      expect(await refusal(verifyCertificate(token.slice(0, -1) + last, check))).not.toBe('taken')
    }
    expect(await refusal(verifyCertificate(`${token}A`, check))).toBe('MEMBERSHIP_MALFORMED')
  })

  it('is refused, by a code, whatever else it is', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string(), fc.string({ unit: 'binary', maxLength: 3_000 })), async text => {
        expect(await refusal(verifyCertificate(text, check))).toBe('MEMBERSHIP_MALFORMED')
      }),
    )
    expect(await refusal(verifyCertificate('A'.repeat(1_000_000), check))).toBe('MEMBERSHIP_MALFORMED')
  })

  it('counts from its date to its end, give or take a minute', async () => {
    const at = (now: number) => refusal(verifyCertificate(token, { ...check, now }))
    expect(await at(issuedAt - minute)).toBe('taken')
    expect(await at(issuedAt - minute - 1)).toBe('MEMBERSHIP_NOT_YET_VALID')
    expect(await at(issuedAt + 7 * day + minute - 1)).toBe('taken')
    expect(await at(issuedAt + 7 * day + minute)).toBe('MEMBERSHIP_EXPIRED')
  })

  it('is good in one network, for one peer, from one CA', async () => {
    const elsewhere = networkId('other', ca.publicKey)
    expect(await refusal(verifyCertificate(token, { ...check, networkId: elsewhere }))).toBe('MEMBERSHIP_WRONG_NETWORK')
    expect(await refusal(verifyCertificate(token, { ...check, shownBy: otherPeer }))).toBe('MEMBERSHIP_FOREIGN')
    const selfMade = await issueCertificate(request, otherCa)
    expect(await refusal(verifyCertificate(selfMade, check))).toBe('MEMBERSHIP_FORGED')
  })

  it('does not let its header choose how it is checked', async () => {
    const [, payload = '', signature = ''] = token.split('.')
    const part = (value: object) => encodeBase64url(new TextEncoder().encode(JSON.stringify(value)))
    const headers = [
      { alg: 'none', typ: 'rma-membership' },
      { alg: 'HS256', typ: 'rma-membership' },
      { alg: 'EdDSA', typ: 'rma-revocations' },
      { alg: 'EdDSA', typ: 'rma-membership', b64: false, crit: ['b64'] },
      { alg: 'EdDSA', typ: 'rma-membership', jwk: { kty: 'OKP', crv: 'Ed25519', x: otherCa.publicKey } },
    ]
    for (const header of headers)
      expect(await refusal(verifyCertificate(`${part(header)}.${payload}.${signature}`, check))).toBe(
        'MEMBERSHIP_MALFORMED',
      )
  })

  it('no longer counts once it, or its peer at that time, was revoked', async () => {
    const { id } = await verifyCertificate(token, check)
    const at = (revoked: Record<string, number>) => refusal(verifyCertificate(token, { ...check, revoked }))
    expect(await at({ [id]: 0 })).toBe('MEMBERSHIP_REVOKED')
    expect(await at({ [peerId]: issuedAt / second })).toBe('MEMBERSHIP_REVOKED')
    expect(await at({ [peerId]: issuedAt / second - 1, [otherPeer]: issuedAt })).toBe('taken')
  })

  it('is not made for longer than a week, or without a role', async () => {
    expect(await refusal(issueCertificate({ ...request, lifeMs: 7 * day + second }, ca))).toBe('BAD_INPUT')
    expect(await refusal(issueCertificate({ ...request, roles: [] }, ca))).toBe('BAD_INPUT')
    expect(await refusal(issueCertificate({ ...request, roles: ['donor', 'donor'] }, ca))).toBe('BAD_INPUT')
  })
})
