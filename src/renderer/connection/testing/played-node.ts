import { implement } from '@orpc/server'
import { contract } from '../../../shared/contract/index.ts'
import { defaultSettings } from '../../../shared/schema/settings.ts'
import type { Status } from '../../../shared/schema/status.ts'
import { sampleStatus } from '../../../shared/testing/samples.ts'

/** A status of a node that has served so many requests. */
export function statusOf(served: number): Status {
  return { ...sampleStatus, counters: { ...sampleStatus.counters, served } }
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
    settings: { watch: rpc.settings.watch.handler(({ signal }) => once(defaultSettings, signal)) },
    membership: { watch: rpc.membership.watch.handler(({ signal }) => once({ kind: 'open' } as const, signal)) },
    tunnel: { watch: rpc.tunnel.watch.handler(({ signal }) => once({ kind: 'stopped' } as const, signal)) },
    vpn: { watch: rpc.vpn.watch.handler(({ signal }) => once({ kind: 'off' } as const, signal)) },
    desktop: { watch: rpc.desktop.watch.handler(({ signal }) => once({ kind: 'none' } as const, signal)) },
    logs: { watch: rpc.logs.watch.handler(({ signal }) => once([], signal)) },
  }
}

async function* once<T>(snapshot: T, signal: AbortSignal | undefined): AsyncGenerator<T, void, void> {
  yield snapshot
  await new Promise<void>(resolve => signal?.addEventListener('abort', () => resolve(), { once: true }))
}
