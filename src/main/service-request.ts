import type { PeerIdText, ServiceType } from '../shared/schema/primitives.ts'
import type { Particulars, Queue } from '../shared/schema/worker.ts'
import type { Milliseconds } from '../shared/units.ts'

/** A request for a service, whichever way it came; what the HTTP app, the router and the service host hand each other. */
export interface ServiceRequest {
  /** Request id, the idempotency key on a worker. */
  id: string
  service: ServiceType
  requester: PeerIdText
  /** Content-Type as sent; empty when missing. */
  contentType: string
  /** Accept as sent; empty when missing. */
  accept: string
  /** May be read once. */
  body: AsyncIterable<Uint8Array>
  /** Length of the body in bytes where the sender declared it. */
  declaredBytes?: number
  /** How many nodes have passed it on before this one. Default none. */
  hops?: number
  /** Only a member that the network's operator trusts may serve it. Default anybody. */
  trustedOnly?: boolean
  /** What whoever serves it must have. Default: the service alone. */
  particulars?: Particulars
  /** On this node's clock. */
  deadlineAt: Milliseconds
  /** When the last of those who wait for this run goes, as it stands: others may join. Default `deadlineAt`. */
  waitedForUntil?: () => Milliseconds
  /** Aborts when the requester is gone, cancels, or the deadline has passed. */
  signal: AbortSignal
  /** Called once when the job leaves the queue and starts. */
  onStarted?: () => void
  /** Called when another page of `total` is done. */
  onProgress?: (progress: { done: number; total: number }) => void
  /** Called once when the engine is done with the job. */
  onUsed?: (usage: Usage) => void
}

/** What of the machine a job took: processor time of all threads, and time on a graphics card. */
export interface Usage {
  cpuMs: Milliseconds
  gpuMs: Milliseconds
}

export interface ServiceAnswer {
  contentType: string
  body: Uint8Array | AsyncIterable<Uint8Array>
}

/** How busy this node is, as its record and its responses announce it. */
export interface Capacity {
  /** 0 to 1. */
  load: number
  queue: Queue
}

/** The services of this node as the router and the HTTP app see them. */
export interface LocalServices {
  /** Whether a request for `service` would be taken on now (it may still be BUSY). */
  offers(service: ServiceType): boolean
  /** Whether repeating a request for `service` is harmless. Unknown services are not idempotent. */
  isIdempotent(service: ServiceType): boolean
  /** Largest body in bytes that `service` takes; undefined for a service not built in here. */
  maxBytes(service: ServiceType): number | undefined
  /**
   * Runs the request. Rejects with RmaError: UNKNOWN_SERVICE, PAUSED, BUSY (details.retryAfterMs), TOO_LARGE, EMPTY_BODY,
   * UNSUPPORTED_TYPE, UNKNOWN_MODEL, UNKNOWN_LANGUAGE, BAD_INPUT, DEADLINE, CANCELLED, ENGINE_FAILED.
   */
  run(request: ServiceRequest): Promise<ServiceAnswer>
  capacity(): Capacity
}
