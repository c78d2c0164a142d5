import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import type { Ed25519PrivateKey } from '@libp2p/interface'
import { RmaError } from '../../shared/errors.ts'
import type { PeerIdText } from '../../shared/schema/primitives.ts'
import type { WorkerRecord } from '../../shared/schema/worker.ts'
import { minute } from '../../shared/units.ts'
import { recordHash, sealRecord } from './record.ts'
import { type RenewalFields, sealRenewal } from './renewal.ts'

/** Network and time of the records that tests make. */
export const testNetworkId = '0123456789abcdef'
export const testNow = 1_700_000_000_000

/** A worker with a key of its own, for tests of what it signs. */
export interface TestWorker {
  privateKey: Ed25519PrivateKey
  peerId: PeerIdText
  /** Seals a record of this worker, the given fields changed. */
  record(fields?: Partial<WorkerRecord>): Promise<Uint8Array>
  /** Seals a renewal of `record`, the given fields changed. */
  renewal(record: Uint8Array, fields?: Partial<RenewalFields>): Promise<Uint8Array>
}

export function workerRecord(fields: Partial<WorkerRecord> = {}): WorkerRecord {
  const issuedAt = fields.issuedAt ?? testNow
  return {
    seq: testNow,
    issuedAt,
    expiresAt: issuedAt + 5 * minute,
    services: ['ocr'],
    capabilities: {
      workerType: 'headless',
      cpuThreads: 8,
      memoryMiB: 32_768,
      gpus: [{ vendor: 'nvidia', model: 'RTX 4090', vramMiB: 24_576 }],
    },
    load: 0.25,
    queue: { running: 1, waiting: 0, slots: 4, bound: 16 },
    state: 'donating',
    addresses: ['/ip4/192.0.2.7/tcp/8468', '/ip4/10.42.1.5/tcp/8468'],
    vpnIp: '10.42.1.5',
    tunnelUrl: 'https://a-b-c.trycloudflare.com',
    location: 'london',
    ...fields,
  }
}

export async function testWorker(number = 1, networkId = testNetworkId): Promise<TestWorker> {
  const seed = new Uint8Array(32)
  new DataView(seed.buffer).setUint32(0, number)
  const privateKey = await generateKeyPairFromSeed('Ed25519', seed)
  return {
    privateKey,
    peerId: privateKey.publicKey.toString(),
    record: fields => sealRecord(privateKey, networkId, workerRecord(fields)),
    renewal: (record, fields) =>
      sealRenewal(privateKey, networkId, {
        recordHash: recordHash(record),
        seq: testNow + 1,
        load: 0.5,
        queue: { running: 2, waiting: 0, slots: 4, bound: 16 },
        state: 'donating',
        issuedAt: testNow + 1,
        ...fields,
      }),
  }
}

/** Random numbers that repeat: mulberry32. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** `details.reason` of what `action` throws or rejects with, its code where there is none, `undefined` when it succeeds. */
export async function refusalOf(action: () => unknown): Promise<unknown> {
  try {
    await action()
    return undefined
  } catch (error) {
    if (!(error instanceof RmaError)) throw error
    return error.details.reason ?? error.code
  }
}
