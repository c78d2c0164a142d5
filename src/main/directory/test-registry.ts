import { serviceKey } from './keys.ts'
import { openRecord } from './record.ts'
import { type Announcement, Registry, type RegistryComponents, type RegistryInit } from './registry.ts'
import { seededRandom, type TestWorker, testNetworkId, testNow, testWorker } from './test-records.ts'

export const ocr = serviceKey('ocr')
export const ner = serviceKey('ner-extraction')
export const llm = serviceKey('llm-inference')

/** Workers with keys of their own, the same each time. */
export function makeWorkers(count: number): Promise<TestWorker[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => testWorker(index)))
}

/** A registry for which all are donors and nobody is a coordinator, unless `components` say otherwise. */
export function makeRegistry(init: Partial<RegistryInit> = {}, components: Partial<RegistryComponents> = {}): Registry {
  return new Registry(
    { hasRole: (_peerId, role) => role === 'donor', ...components },
    { networkId: testNetworkId, announceBurst: 1_000, ...init },
  )
}

/** An announcement that a worker brings itself. */
export const by = (worker: TestWorker, keys = [ocr], more: Partial<Announcement> = {}): Announcement => ({
  keys,
  from: worker.peerId,
  now: testNow,
  ...more,
})

type Options = Partial<Parameters<Registry['find']>[1]>

export function findIn(registry: Registry, key: string, options: Options = {}) {
  return registry.find(key, { limit: 50, now: testNow, random: seededRandom(1), ...options })
}

/** Who is found under a key, in the order of their ids. */
export function peersIn(registry: Registry, key: string, options: Options = {}): string[] {
  return findIn(registry, key, options)
    .records.map(bytes => openRecord(bytes, testNetworkId).peerId)
    .sort()
}
