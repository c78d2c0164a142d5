import type { Role } from '../../shared/membership/certificate.ts'
import { lacking } from '../../shared/particulars.ts'
import type { PeerIdText } from '../../shared/schema/primitives.ts'
import type { Host } from '../dht/host.ts'
import { readPeerId } from '../dht/peer-ids.ts'
import type { WorkerSource } from '../routing/worker-source.ts'
import type { WorkerRegistry } from './worker-registry.ts'

/** The workers that a coordinator knows: those of the directory, and those that registered with it over HTTP. */
export function withRegistered(directory: WorkerSource, registry: WorkerRegistry): WorkerSource {
  return {
    async lookup(service, options) {
      const found = await directory.lookup(service, options)
      const named = new Set(found.workers.map(({ peerId }) => peerId))
      const registered = registry
        .offering(service)
        .filter(({ record }) => lacking(record.choices, service, options.particulars ?? {}) === undefined)
        .filter(({ peerId }) => !named.has(peerId))
      return { ...found, workers: [...found.workers, ...registered] }
    },
    remove: peerId => directory.remove(peerId),
    heard(peerId, load, waiting) {
      directory.heard(peerId, load, waiting)
      registry.heard(peerId, load, waiting)
    },
  }
}

/**
 * Which workers without the DHT may serve: those that have a connection open, for they are reached over the one they keep, and
 * where there are members those with the role `donor`. A stranger has a connection, too, until the gate closes it.
 */
export function mayServe(
  host: Pick<Host, 'libp2p'>,
  members: { rolesOf(peerId: PeerIdText): readonly Role[] } | undefined,
): (peerId: PeerIdText) => boolean {
  return peerId => isConnected(host, peerId) && (members?.rolesOf(peerId).includes('donor') ?? true)
}

function isConnected({ libp2p }: Pick<Host, 'libp2p'>, peerId: PeerIdText): boolean {
  return libp2p.getConnections(readPeerId(peerId)).some(({ status }) => status === 'open')
}
