import type { PathKind, PeerIdText } from '../../shared/schema/primitives.ts'

/** A service's answer with where it came from. */
export interface RoutedAnswer {
  worker: PeerIdText
  path: PathKind
  contentType: string
  body: Uint8Array | AsyncIterable<Uint8Array>
  /** The worker's load, 0 to 1, when it answered. */
  load: number
  /** Requests waiting on the worker when it answered. */
  queue: number
}
