import { generateKeyPair } from '@libp2p/crypto/keys'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { RmaError } from '../errors.ts'
import { bootstrapAnswer, bootstrapSchema, envelopesOf, type SeedClaims, seedClaimsSchema } from '../schema/seeds.ts'
import { day, hour, minute, second } from '../units.ts'
import { decodeBase64url, encodeBase64url } from './base64url.ts'
import { type CaKey, generateCaKey } from './ca-key.ts'
import { type CertificateRequest, issueCertificate, type Role, verifyCertificate } from './certificate.ts'
import { peerIdOfPublicKey } from './peer-key.ts'
import { sealPeerToken, type TokenSigner } from './peer-token.ts'
import type { RevokedAt } from './revocations.ts'
import { openSeed, type SeedDraft, type SeedReader, sealSeed } from './seed-envelope.ts'

const networkId = '0123456789abcdef'
const allOnes = new Uint8Array(32).fill(0xff)
const now = Date.UTC(2026, 6, 1)

async function makeSigner(): Promise<TokenSigner> {
  const key = await generateKeyPair('Ed25519')
  return { peerId: key.publicKey.toString(), sign: content => key.sign(content) }
}

let signer: TokenSigner
let claims: SeedClaims
let ca: CaKey
let certificate: string
let reader: SeedReader

beforeAll(async () => {
  signer = await makeSigner()
  claims = {
    tunnel_url: 'https://c1.example.org',
    dht_port: 8468,
    location: 'london',
    multiaddrs: [`/dns4/c1.example.org/tcp/8468/p2p/${signer.peerId}`],
  }
  ca = await generateCaKey()
  certificate = await certify({})
  reader = readerOf({})
})

/** As a node reads seeds: by its CA's key, and what it has heard of revocations. */
function readerOf(revoked: RevokedAt): SeedReader {
  const check = { networkId, caPublicKey: ca.publicKey, revoked }
  return { networkId, now, verifyCertificate: (token, now) => verifyCertificate(token, { ...check, now }) }
}

function certify(change: Partial<CertificateRequest>, key = ca): Promise<string> {
  const roles: Role[] = ['coordinator']
  return issueCertificate({ peerId: signer.peerId, networkId, roles, issuedAt: now, lifeMs: 7 * day, ...change }, key)
}

const draft = (change: object = {}) => ({ claims, networkId, certificate, now, ...change })

async function reasonOf(opening: Promise<unknown>): Promise<unknown> {
  const error = await opening.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof RmaError)) return error
  expect(error.code).toBe('SEED_REFUSED')
  return error.details.reason
}

test('gives back what its coordinator has signed', async () => {
  const seed = await sealSeed(draft(), signer)
  expect(seed).toEqual({ node_id: signer.peerId, ...claims, envelope: expect.any(String) })
  expect(await openSeed(seed.envelope, reader)).toEqual({
    seed,
    issuedAt: now,
    expiresAt: now + 48 * hour,
    certificate: expect.objectContaining({ peerId: signer.peerId, expiresAt: now + 7 * day }),
  })
})

test('counts no longer than the certificate in it', async () => {
  const { envelope } = await sealSeed(draft({ certificate: await certify({ lifeMs: hour }) }), signer)
  expect((await openSeed(envelope, reader)).expiresAt).toBe(now + hour)
})

test('needs no certificate in a network without a CA', async () => {
  const seed = await sealSeed({ claims, networkId, now }, signer)
  expect((await openSeed(seed.envelope, { networkId, now })).seed).toEqual(seed)
})

describe('is refused', () => {
  const cases: [string, () => Promise<unknown>][] = [
    ['wrong-network', async () => openSeed((await sealSeed(draft({ networkId: 'another' }), signer)).envelope, reader)],
    ['expired', async () => openSeed((await sealSeed(draft({ now: now - 48 * hour }), signer)).envelope, reader)],
    [
      'issued-in-future',
      async () => openSeed((await sealSeed(draft({ now: now + 2 * minute }), signer)).envelope, reader),
    ],
    ['lives-too-long', async () => openSeed(await sealClaims({ exp: now / second + 48 * 3_600 + 1 }), reader)],
    ['malformed', async () => openSeed(await sealClaims({ dht_port: 0 }), reader)],
    ['malformed', async () => openSeed(await sealClaims({ surprise: true }), reader)],
    ['malformed', async () => openSeed(await sealClaims({ multiaddrs: ['/ip4/10.0.0.1/tcp/1/p2p/other'] }), reader)],
    ['malformed', async () => openSeed(await sealPeerToken('rma-membership', {}, signer), reader)],
    ['malformed', async () => openSeed('three.little.words', reader)],
    ['malformed', async () => openSeed('a'.repeat(20_000), reader)],
    ['bad-signature', async () => openSeed(await sealClaims({ iss: (await makeSigner()).peerId }), reader)],
    ['bad-signature', async () => openSeed(await sealClaims({ iss: '1'.repeat(50) }), reader)],
    // No point of the curve, so no key.
    ['bad-signature', async () => openSeed(await sealClaims({ iss: peerIdOfPublicKey(allOnes) }), reader)],
  ]
  test.each(cases)('as %s', async (reason, opening) => {
    expect(await reasonOf(opening())).toBe(reason)
  })

  /** Signed by the right key, whatever the claims. */
  function sealClaims(change: object): Promise<string> {
    const iat = now / second
    const iss = 'iss' in change ? String(change.iss) : signer.peerId
    const multiaddrs = [`/ip4/192.0.2.1/tcp/8468/p2p/${iss}`]
    const base = { ...claims, iss, net: networkId, iat, exp: iat + 3_600, cert: certificate, multiaddrs }
    return sealPeerToken('rma-seed', { ...base, ...change }, signer)
  }
})

describe('is refused for its certificate', () => {
  const cases: [string, () => Promise<SeedDraft>][] = [
    ['MEMBERSHIP_MISSING', async () => ({ claims, networkId, now })],
    ['MEMBERSHIP_MALFORMED', async () => draft({ certificate: 'three.little.words' })],
    ['MEMBERSHIP_FORGED', async () => draft({ certificate: await certify({}, await generateCaKey()) })],
    ['MEMBERSHIP_FOREIGN', async () => draft({ certificate: await certify({ peerId: (await makeSigner()).peerId }) })],
    ['MEMBERSHIP_WRONG_NETWORK', async () => draft({ certificate: await certify({ networkId: 'f'.repeat(16) }) })],
    ['MEMBERSHIP_EXPIRED', async () => draft({ certificate: await certify({ issuedAt: now - 8 * day }) })],
    ['MEMBERSHIP_ROLE', async () => draft({ certificate: await certify({ roles: ['donor', 'trusted'] }) })],
  ]
  test.each(cases)('with %s', async (code, makeDraft) => {
    const { envelope } = await sealSeed(await makeDraft(), signer)
    await expect(openSeed(envelope, reader)).rejects.toMatchObject({ code })
  })

  test('with MEMBERSHIP_REVOKED once the reader has heard of it', async () => {
    const { envelope } = await sealSeed(draft(), signer)
    const told = readerOf({ [signer.peerId]: now / second })
    await expect(openSeed(envelope, told)).rejects.toMatchObject({ code: 'MEMBERSHIP_REVOKED' })
  })
})

test('is refused after any change of a single bit', async () => {
  const { envelope } = await sealSeed(draft(), signer)
  const parts = envelope.split('.').map(part => decodeBase64url(part) ?? new Uint8Array())
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: 2 }), fc.nat(), fc.nat({ max: 7 }), async (index, at, bit) => {
      const changed = parts.map(part => part.slice())
      const part = changed[index] ?? new Uint8Array()
      const byte = at % part.length
      part[byte] = (part[byte] ?? 0) ^ (1 << bit)
      expect(await reasonOf(openSeed(changed.map(encodeBase64url).join('.'), reader))).toMatch(
        /malformed|bad-signature|wrong-network/,
      )
    }),
    { numRuns: 300 },
  )
})

test('refuses arbitrary text without failing otherwise', async () => {
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.string(), fc.base64String()), async text => {
      expect(await reasonOf(openSeed(text, reader))).toBe('malformed')
    }),
  )
})

test('is not made of claims that no reader would take', async () => {
  expect(await reasonOf(sealSeed(draft({ claims: { ...claims, dht_port: 70_000 } }), signer))).toBe('malformed')
  const foreign = { ...claims, multiaddrs: ['/ip4/192.0.2.1/tcp/8468'] }
  expect(await reasonOf(sealSeed(draft({ claims: foreign }), signer))).toBe('malformed')
})

test('names a plain HTTP address only on the machine itself', () => {
  const accepts = (tunnel_url: string) => seedClaimsSchema.safeParse({ ...claims, tunnel_url }).success
  for (const url of ['https://c.example', 'https://c.example:8443/', 'http://127.0.0.1:8080', 'http://[::1]:8080']) {
    expect([url, accepts(url)]).toEqual([url, true])
  }
  for (const url of [
    'http://c.example',
    'http://127.0.0.1.c.example',
    'https://user:word@c.example',
    'https://c.example/path',
    'https://c.example/?q',
    'ftp://c.example',
    'javascript:alert(1)',
  ]) {
    expect([url, accepts(url)]).toEqual([url, false])
  }
})

describe('an answer with seeds', () => {
  test('has at most 20, counts them, and says how long it may be kept', async () => {
    const seed = await sealSeed(draft(), signer)
    const answer = bootstrapAnswer(
      Array.from({ length: 30 }, () => seed),
      now,
    )
    expect(bootstrapSchema.parse(answer)).toEqual(answer)
    expect(answer).toMatchObject({ ttl: 300, count: 20, issued_at: now })
  })

  test('is read for its envelopes, whatever else stands in it', () => {
    const seeds = Array.from({ length: 30 }, (_, index) => ({ envelope: `envelope-${index}`, new_field: 1 }))
    expect(envelopesOf({ seeds, version: 2 })).toEqual(seeds.slice(0, 20).map(({ envelope }) => envelope))
    for (const other of [undefined, null, [], { seeds: 1 }, { seeds: [{}] }, { seeds: Array(300).fill(seeds[0]) }]) {
      expect(envelopesOf(other)).toBeUndefined()
    }
  })
})
