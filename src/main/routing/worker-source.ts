import type { PeerIdText, ServiceType } from '../../shared/schema/primitives.ts'
import type { Particulars, WorkerView } from '../../shared/schema/worker.ts'

/** The directory as the router sees it. */
export interface WorkerSource {
  /**
   * Workers announced for a service, and that have the `particulars`; `fresh` asks the network although the cache still
   * holds an answer, unless that is of this very second.
   */
  lookup(
    service: ServiceType,
    options: { signal: AbortSignal; fresh?: boolean; particulars?: Particulars },
  ): Promise<{ workers: WorkerView[]; source: 'cache' | 'dht' }>
  /** The worker failed: it is left out until it is announced anew. */
  remove(peerId: PeerIdText): void
  /** The worker said how busy it is. */
  heard(peerId: PeerIdText, load: number, waiting: number): void
}
