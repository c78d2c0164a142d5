import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { sealRecord } from '../../src/main/directory/record.ts'
import { Registry } from '../../src/main/directory/registry.ts'
import { MiB, minute } from '../../src/shared/units.ts'

const networkId = 'b'.repeat(16)

/**
 * Memory in MiB that a registrar takes for so many workers: their real records, on the heap and beside it. The process has
 * to expose the garbage collector.
 */
export async function measureRegistry(workers: number): Promise<number> {
  const now = Date.now()
  const registry = new Registry({ hasRole: () => true }, { networkId, maxWorkersPerKey: workers })
  const records: { peerId: string; bytes: Uint8Array }[] = []
  for (let number = 0; number < workers; number++) {
    const seed = new Uint8Array(32)
    new DataView(seed.buffer).setUint32(0, number + 1)
    const key = await generateKeyPairFromSeed('Ed25519', seed)
    const record = {
      seq: now,
      issuedAt: now,
      expiresAt: now + 5 * minute,
      services: ['ocr', 'ner-extraction'],
      capabilities: { workerType: 'desktop' as const, cpuThreads: 8, memoryMiB: 16_384, gpus: [] },
      load: 0.5,
      queue: { running: 1, waiting: 0, slots: 2, bound: 8 },
      state: 'donating' as const,
      addresses: ['/ip4/192.0.2.7/tcp/8468'],
      tunnelUrl: `https://worker-${number}.example.org`,
    }
    records.push({ peerId: key.publicKey.toString(), bytes: await sealRecord(key, networkId, record) })
  }
  const before = used()
  for (const { peerId, bytes } of records) {
    const keys = ['service:ocr', 'service:ner-extraction']
    registry.announce(bytes.slice(), { keys, from: peerId, group: peerId, now })
  }
  const grown = used() - before
  if (registry.size.workers !== workers)
    throw new Error(`expected ${workers} records kept, got ${registry.size.workers}`)
  return grown / MiB
}

function used(): number {
  if (globalThis.gc === undefined) throw new Error('expected node --expose-gc')
  globalThis.gc()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}
