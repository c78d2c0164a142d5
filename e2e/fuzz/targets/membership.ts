import { createPrivateKey, sign as nodeSign } from 'node:crypto'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { sha256 } from '@noble/hashes/sha2.js'
import { makeRegistration } from '../../../src/edge-router/testing/test-coordinator.ts'
import { parseBody } from '../../../src/main/coordinator/read-json.ts'
import { openProof, sealProof } from '../../../src/main/coordinator/worker-proof.ts'
import { openReceipt, signReceipt } from '../../../src/main/ledger/receipt.ts'
import {
  decodeMembershipAnswer,
  decodeMembershipAsk,
  encodeMembership,
} from '../../../src/main/membership/membership-frames.ts'
import { decodeBase64url, encodeBase64url } from '../../../src/shared/membership/base64url.ts'
import { generateCaKey, readCaKey } from '../../../src/shared/membership/ca-key.ts'
import { issueCertificate, verifyCertificate } from '../../../src/shared/membership/certificate.ts'
import { enrolRequestSchema, signEnrolRequest, verifyEnrolRequest } from '../../../src/shared/membership/enrolment.ts'
import { formatInvite, inviteLink, parseInvite } from '../../../src/shared/membership/invite.ts'
import { networkId } from '../../../src/shared/membership/network-id.ts'
import { openRegistration } from '../../../src/shared/membership/registration.ts'
import {
  blockedVpnCertificates,
  mergeRevoked,
  signRevocations,
  verifyRevocations,
} from '../../../src/shared/membership/revocations.ts'
import { openSeed } from '../../../src/shared/membership/seed-envelope.ts'
import { openTicket, sealTicket } from '../../../src/shared/membership/service-ticket.ts'
import { signVpnLease, verifyVpnLease } from '../../../src/shared/membership/vpn-lease.ts'
import { bootstrapAnswer, envelopesOf } from '../../../src/shared/schema/seeds.ts'
import { day, hour } from '../../../src/shared/units.ts'
import { cborForm, type Form, jsonForm, tokenForm } from '../forms.ts'
import { bytesOf, type FuzzTarget, textOf } from '../fuzz-target.ts'

const now = 1_700_000_000_000
const network = 'test-charity'
const edgeUrl = 'https://edge.example.org'

/** Whatever a certificate authority, a coordinator or a member signs, and what is shown in its place. */
export async function membershipTargets(): Promise<FuzzTarget[]> {
  const ca = await generateCaKey()
  const key = await generateKeyPairFromSeed('Ed25519', new Uint8Array(32).fill(3))
  const peerId = key.publicKey.toString()
  const signer = { peerId, sign: (content: Uint8Array) => key.sign(content) }
  const id = networkId(network, ca.publicKey)
  const caKey = createPrivateKey({ key: { ...ca.privateJwk }, format: 'jwk' })
  const byCa = tokenForm(content => nodeSign(null, content, caKey))
  const byPeer = tokenForm(signer.sign)
  const check = { caPublicKey: ca.publicKey, networkId: id, now }
  const vpnKey = encodeBase64url(new Uint8Array(32).fill(9))

  const certificate = await issueCertificate(
    { peerId, networkId: id, roles: ['donor', 'coordinator'], vpnIp: '10.42.1.5', issuedAt: now, lifeMs: 7 * day },
    ca,
  )
  const revoked = { [peerId]: 1_699_999_000, [encodeBase64url(new Uint8Array(16))]: 1_699_999_000 }
  const revocations = await signRevocations({ net: id, version: now, revoked }, ca)
  const { seed, registration } = await makeRegistration({ ca, signer, edgeUrl, now, location: 'london' })
  const pem = '-----BEGIN NEBULA CERTIFICATE-----\nQUJD\n-----END NEBULA CERTIFICATE-----\n'
  const lease = await signVpnLease(
    {
      net: id,
      peer: peerId,
      ip: '10.42.1.5',
      key: vpnKey,
      authority: pem,
      certificate: pem,
      issuedAt: now,
      expiresAt: now + hour,
      lighthouses: [{ ip: '10.42.0.1', endpoints: ['192.0.2.1:4242'] }],
    },
    ca,
  )
  const { ticket } = await sealTicket({ networkId: id, worker: peerId, service: 'ocr', now }, signer)
  const body = bytesOf('{"worker_id":"x"}')
  const proof = await sealProof({ networkId: id, path: '/api/worker/register', body, at: now }, signer)
  const invite = formatInvite({
    network,
    caPublicKey: ca.publicKey,
    seeds: ['https://coordinator.example.org', `/ip4/192.0.2.1/tcp/8468/p2p/${peerId}`],
    code: '0123456789ABCDEF',
  })
  const request = await signEnrolRequest(
    {
      peerId,
      networkId: id,
      now,
      nonce: encodeBase64url(new Uint8Array(16)),
      code: '0123456789ABCDEF',
      label: 'desk',
      certificate,
      vpnKey,
    },
    signer.sign,
  )
  const member = {
    status: 'member' as const,
    certificate,
    roles: ['donor' as const],
    expires_at: now + day,
    revocations,
    vpn: lease,
    network: { name: network, id, ca_public_key: ca.publicKey },
  }
  const receipt = {
    requestId: 'request-1',
    service: 'ocr',
    worker: peerId,
    durationMs: 12,
    bytesIn: 10,
    bytesOut: 20,
    outcome: 'done' as const,
    issuedAt: now,
  }
  const seedReader = {
    networkId: id,
    now,
    verifyCertificate: (token: string, at: number) => verifyCertificate(token, { ...check, now: at }),
  }

  return [
    {
      name: 'membership certificate',
      covers: [
        'src/shared/membership/certificate.ts',
        'src/shared/membership/ca-token.ts',
        'src/shared/membership/base64url.ts',
      ],
      seeds: [bytesOf(certificate)],
      form: byCa,
      parse: input => verifyCertificate(textOf(input), { ...check, shownBy: peerId, revoked: {} }),
    },
    {
      name: 'list of revocations',
      covers: ['src/shared/membership/revocations.ts'],
      seeds: [bytesOf(revocations)],
      form: byCa,
      async parse(input) {
        const { revoked: said } = await verifyRevocations(textOf(input), check)
        return [mergeRevoked(said, revoked, now), blockedVpnCertificates(said)]
      },
    },
    {
      name: 'seed envelope',
      covers: [
        'src/shared/membership/seed-envelope.ts',
        'src/shared/membership/peer-token.ts',
        'src/shared/membership/peer-key.ts',
      ],
      seeds: [bytesOf(seed.envelope)],
      form: byPeer,
      parse: input => openSeed(textOf(input), seedReader),
    },
    {
      name: 'list of seeds',
      covers: ['src/shared/schema/seeds.ts'],
      seeds: [bytesOf(JSON.stringify(bootstrapAnswer([seed, seed], now)))],
      form: jsonForm,
      async parse(input) {
        for (const envelope of envelopesOf(safeJson(input)) ?? []) await openSeed(envelope, seedReader)
      },
    },
    {
      name: 'coordinator’s registration',
      covers: ['src/shared/membership/registration.ts'],
      seeds: [bytesOf(registration)],
      form: byPeer,
      parse: input => openRegistration(textOf(input), { ...seedReader, origin: edgeUrl }),
    },
    {
      name: 'VPN lease',
      covers: ['src/shared/membership/vpn-lease.ts'],
      seeds: [bytesOf(lease)],
      form: byCa,
      parse: input => verifyVpnLease(textOf(input), { ...check, peerId, vpnKey }),
    },
    {
      name: 'service ticket',
      covers: ['src/shared/membership/service-ticket.ts'],
      seeds: [bytesOf(ticket)],
      form: byPeer,
      parse: input =>
        openTicket(textOf(input), { networkId: id, worker: peerId, service: 'ocr', now, isCoordinator: () => true }),
    },
    {
      name: 'worker’s proof',
      covers: ['src/main/coordinator/worker-proof.ts'],
      seeds: [bytesOf(proof)],
      form: byPeer,
      parse: input => openProof(textOf(input), { networkId: id, path: '/api/worker/register', body }, now),
    },
    {
      name: 'invite',
      covers: ['src/shared/membership/invite.ts'],
      seeds: [bytesOf(invite), bytesOf(inviteLink(invite))],
      form: inviteForm,
      parse: input => parseInvite(textOf(input)),
    },
    {
      name: 'request to enrol',
      covers: ['src/shared/membership/enrolment.ts', 'src/main/coordinator/read-json.ts'],
      seeds: [bytesOf(JSON.stringify(request))],
      form: jsonForm,
      parse: input => verifyEnrolRequest(parseBody(enrolRequestSchema, input), { networkId: id, now }),
    },
    {
      name: 'membership question of a peer',
      covers: ['src/main/membership/membership-frames.ts'],
      seeds: [encodeMembership({ request, relayed: true })],
      form: cborForm,
      parse: decodeMembershipAsk,
    },
    {
      name: 'membership answer of a peer',
      covers: ['src/main/membership/membership-frames.ts'],
      seeds: [
        encodeMembership({ answer: member }),
        encodeMembership({ answer: { status: 'pending', retry_after_seconds: 30 } }),
        encodeMembership({ error: { code: 'INVITE_EXPIRED', message: 'expired', now } }),
      ],
      form: cborForm,
      parse: decodeMembershipAnswer,
    },
    {
      name: 'CA key',
      covers: ['src/shared/membership/ca-key.ts'],
      seeds: [bytesOf(JSON.stringify(ca.privateJwk))],
      form: jsonForm,
      parse: input => readCaKey(safeJson(input)),
    },
    {
      name: 'receipt',
      covers: ['src/main/ledger/receipt.ts'],
      seeds: [await signReceipt(key, receipt, id)],
      form: cborForm,
      parse: input => openReceipt(input, peerId, id),
    },
  ]
}

/** The text of an invite by its bytes, under a checksum that holds. */
const inviteForm: Form = {
  open: input => [...(decodeBase64url(textOf(input).replace('rma-donor://join/', '').slice(4)) ?? [])].slice(0, -4),
  close(content) {
    const bytes = Uint8Array.from(content as number[])
    const checksum = sha256(Buffer.concat([bytesOf('rma1'), bytes])).subarray(0, 4)
    return bytesOf(`rma1${encodeBase64url(Buffer.concat([bytes, checksum]))}`)
  },
}

function safeJson(input: Uint8Array): unknown {
  try {
    return JSON.parse(textOf(input))
  } catch {
    return undefined
  }
}
