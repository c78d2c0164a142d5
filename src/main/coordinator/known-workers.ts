import { lacking } from '../../shared/particulars.ts'
import type { Host } from '../dht/host.ts'
import { readPeerId } from '../dht/peer-ids.ts'
import type { WorkerSource } from '../routing/worker-source.ts'
import type { WorkerRegistry } from './worker-registry.ts'

/** The workers that a coordinator knows: those of the directory, and those that registered with it over HTTP. */
export function withRegistered(directory: WorkerSource, registry: WorkerRegistry, host: Host): WorkerSource {
  return {
    async lookup(service, options) {
      const found = await directory.lookup(service, options)
      const named = new Set(found.workers.map(({ peerId }) => peerId))
      const registered = registry
        .offering(service)
        .filter(({ record }) => lacking(record.choices, service, options.particulars ?? {}) === undefined)
        .filter(({ peerId }) => !named.has(peerId) && isConnected(host, peerId))
      return { ...found, workers: [...found.workers, ...registered] }
    },
    remove: peerId => directory.remove(peerId),
    heard(peerId, load, waiting) {
      directory.heard(peerId, load, waiting)
      registry.heard(peerId, load, waiting)
    },
  }
}

/** Whether the peer has a connection open: a worker without the DHT is reached over the one it keeps. */
export function isConnected(host: Host, peerId: string): boolean {
  return host.libp2p.getConnections(readPeerId(peerId)).some(({ status }) => status === 'open')
}
