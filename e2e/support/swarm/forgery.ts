import { randomBytes } from 'node:crypto'
import { encode } from '@ipld/dag-cbor'
import { readEnvelope } from '../../../src/main/directory/envelope.ts'
import type { CloserPeer } from '../../../src/main/directory/frames.ts'
import { closestPeers, type Position, peerPosition } from '../../../src/main/directory/keys.ts'
import { readRecord, recordHash } from '../../../src/main/directory/record.ts'
import { encodeVarint, peerIdTextOf } from '../../../src/main/directory/signing.ts'
import { minute } from '../../../src/shared/units.ts'

/** What a liar answers with. */
export interface Forgery {
  records: Uint8Array[]
  renewals: Uint8Array[]
}

const payloadType = Buffer.from('/rma/worker-record', 'utf8')
/** How much later than the real ones the forgeries claim to be. */
const ahead = minute
const signature = new Uint8Array(64).fill(7)

/** The worker's record with a later seq and addresses of somebody else, under a signature that does not hold. */
export function forgeRecord(bytes: Uint8Array): Uint8Array {
  const { publicKey } = readEnvelope(bytes, payloadType)
  const { record } = readRecord(bytes).claims
  const payload = encode({ ...record, seq: record.seq + ahead, addresses: ['/ip4/192.0.2.66/tcp/1'] })
  return new Uint8Array(
    Buffer.concat([
      Buffer.of(0x0a, 0x24, 0x08, 0x01, 0x12, 0x20),
      publicKey,
      Buffer.of(0x12, payloadType.length),
      payloadType,
      Buffer.of(0x1a),
      encodeVarint(payload.length),
      payload,
      Buffer.of(0x2a, signature.length),
      signature,
    ]),
  )
}

/** A renewal of the worker's real record that says it is paused and full. */
export function forgeRenewal(bytes: Uint8Array): Uint8Array {
  const { record } = readRecord(bytes).claims
  const hash = new Uint8Array(Buffer.from(recordHash(bytes), 'base64url'))
  const fields = [hash, record.seq + ahead, 1, [9, 9, 1, 1], 'paused', record.issuedAt]
  return new Uint8Array(encode([...fields, signature]))
}

/** Enough that the closest of them lie closer to any place than one of some twenty that exist. */
const madeUp = Array.from({ length: 500 }, () => {
  const peer = peerIdTextOf(randomBytes(32))
  return { peer, position: peerPosition(peer) }
})

/** Servers that do not exist, closer to `target` than those that do. */
export function madeUpServers(target: Position): CloserPeer[] {
  return closestPeers(madeUp, target, 16).map(({ peer }) => ({ peer, addresses: ['/ip4/127.0.0.1/tcp/1'] }))
}
