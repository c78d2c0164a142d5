import type { WorkerSource } from '../../src/main/routing/worker-source.ts'
import type { WorkerView } from '../../src/shared/schema/worker.ts'
import { minute } from '../../src/shared/units.ts'
import { lightService } from './light-services.ts'
import { type NodePlace, slots } from './routing-words.ts'

/** A directory that names the same workers always, so that only the way to them is measured. */
export function fixedWorkers(workers: WorkerView[]): WorkerSource & { set(workers: WorkerView[]): void } {
  let known = workers
  return {
    set: next => {
      known = next
    },
    lookup: async () => ({ workers: known, source: 'cache' }),
    remove: peerId => {
      known = known.filter(view => view.peerId !== peerId)
    },
    heard: () => undefined,
  }
}

/** An idle worker as a lookup would name it. */
export function viewOf({ peerId, addresses, vpnIp, tunnelUrl }: NodePlace): WorkerView {
  const now = Date.now()
  const state = 'donating' as const
  const common = {
    load: 0,
    queue: { running: 0, waiting: 0, slots, bound: slots },
    state,
    expiresAt: now + 60 * minute,
  }
  const capabilities = { workerType: 'headless' as const, cpuThreads: 4, memoryMiB: 8_192, gpus: [] }
  const record = { ...common, seq: 1, issuedAt: now, services: [lightService], capabilities, addresses }
  const elsewhere = { ...(vpnIp === undefined ? {} : { vpnIp }), ...(tunnelUrl === undefined ? {} : { tunnelUrl }) }
  return { peerId, record: { ...record, ...elsewhere }, ...common, updatedAt: now }
}
