import { implement } from '@orpc/server'
import { contract } from '../../../shared/contract/index.ts'
import { defaultSettings } from '../../../shared/schema/settings.ts'
import type { Status } from '../../../shared/schema/status.ts'

/** A status of a node that has served so many requests. */
export function statusOf(served: number): Status {
  return {
    self: {
      peerId: '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp',
      version: '1.2.3',
      workerType: 'headless',
      network: { name: 'local', id: '0123456789abcdef', open: true },
      addresses: [],
      servicePort: 8_000,
      startedAt: 1,
    },
    donating: false,
    consent: false,
    activity: { kind: 'off' },
    counters: { served, requested: 0, failed: 0, pagesRead: 0 },
    routing: {
      localRequests: 0,
      forwardedRequests: 0,
      cacheHits: 0,
      cacheMisses: 0,
      dhtLookups: 0,
      failedRequests: 0,
      cacheSize: 0,
      cacheHitRate: 0,
    },
    load: { at: 1, cpu: 0, memoryUsedMiB: 1, memoryTotalMiB: 2, announced: 0 },
    capabilities: { workerType: 'headless', cpuThreads: 1, memoryMiB: 2, gpus: [] },
    cpuModel: 'Example CPU',
    services: [],
  }
}

/** The part of the contract that a line starts with, answered with one snapshot each; streams stay open after it. */
export function playedRouter(served: number) {
  const rpc = implement(contract)
  return {
    status: { watch: rpc.status.watch.handler(({ signal }) => once(statusOf(served), signal)) },
    network: {
      watch: rpc.network.watch.handler(({ signal }) =>
        once({ nodes: [], edges: [], ring: [], counts: { connected: 0, known: 0, donating: 0 } }, signal),
      ),
    },
    jobs: { watch: rpc.jobs.watch.handler(({ signal }) => once({ jobs: [] }, signal)) },
    settings: { get: rpc.settings.get.handler(() => defaultSettings) },
    logs: { watch: rpc.logs.watch.handler(({ signal }) => once([], signal)) },
  }
}

async function* once<T>(snapshot: T, signal: AbortSignal | undefined): AsyncGenerator<T, void, void> {
  yield snapshot
  await new Promise<void>(resolve => signal?.addEventListener('abort', () => resolve(), { once: true }))
}
