import { createHash, type KeyObject, sign } from 'node:crypto'
import { type Milliseconds, second } from '../../../../shared/units.ts'

/** What a Nebula certificate (version 1) says. */
export interface NebulaCertificateContent {
  name: string
  /** IPv4 addresses with the length of their prefix; of a CA: what it may give out. */
  ips: readonly { address: string; prefixLength: number }[]
  groups: readonly string[]
  notBefore: Milliseconds
  notAfter: Milliseconds
  /** X25519 of a host, Ed25519 of a CA; 32 bytes. */
  publicKey: Uint8Array
  /** SHA-256 of the CA's certificate; a CA has none. */
  issuer?: Uint8Array
}

export interface SignedNebulaCertificate {
  pem: string
  /** SHA-256 of the certificate: what a block list names. */
  fingerprint: Uint8Array
}

/**
 * Signs as `nebula-cert sign` does: protobuf, in the one order in which Nebula writes it again before it checks the signature
 * (cert.proto of github.com/slackhq/nebula). Ed25519 leaves no choice, so the same content is always the same certificate.
 */
export function signNebulaCertificate(content: NebulaCertificateContent, key: KeyObject): SignedNebulaCertificate {
  const details = encodeDetails(content)
  const bytes = Buffer.concat([bytesField(1, details), bytesField(2, sign(null, details, key))])
  return { pem: pemOf(bytes), fingerprint: createHash('sha256').update(bytes).digest() }
}

/** Base64 in lines of 64 characters. */
function pemOf(bytes: Uint8Array): string {
  const lines =
    Buffer.from(bytes)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return `-----BEGIN NEBULA CERTIFICATE-----\n${lines.join('\n')}\n-----END NEBULA CERTIFICATE-----\n`
}

function encodeDetails({
  name,
  ips,
  groups,
  notBefore,
  notAfter,
  publicKey,
  issuer,
}: NebulaCertificateContent): Buffer {
  const pairs = ips.flatMap(({ address, prefixLength }) => [ipNumber(address), maskOf(prefixLength)])
  return Buffer.concat([
    bytesField(1, Buffer.from(name, 'utf8')),
    bytesField(2, Buffer.concat(pairs.map(varint))),
    ...groups.map(group => bytesField(4, Buffer.from(group, 'utf8'))),
    numberField(5, Math.floor(notBefore / second)),
    numberField(6, Math.floor(notAfter / second)),
    bytesField(7, publicKey),
    // Of the two only what is not the default is written.
    ...(issuer === undefined ? [numberField(8, 1)] : [bytesField(9, issuer)]),
  ])
}

const bytesField = (field: number, bytes: Uint8Array) =>
  Buffer.concat([varint((field << 3) | 2), varint(bytes.length), bytes])
const numberField = (field: number, value: number) => Buffer.concat([varint(field << 3), varint(value)])

function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80)
    rest = Math.floor(rest / 0x80)
  }
  return Buffer.from([...bytes, rest])
}

function ipNumber(address: string): number {
  return address.split('.').reduce((number, part) => number * 256 + Number(part), 0)
}

const maskOf = (prefixLength: number) => 2 ** 32 - 2 ** (32 - prefixLength)
