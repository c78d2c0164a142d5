/** What a process of the `load` benchmark is to hold. */
export interface LoadChildInit {
  workers: number
  /** How many of them read pages as well, with the real engine. */
  readers: number
  /** Multiaddrs, with the peer id, of a node to join by. */
  seeds: string[]
  /** How long a light job takes, in milliseconds. */
  workMs: number
}

/** Some workers hang now and then: each `every`-th job of the first `workers` ones takes `ms`. 0 workers: none. */
export interface Stalls {
  workers: number
  every: number
  ms: number
}

export type LoadOrder =
  | { kind: 'settle' }
  | { kind: 'begin-measuring' }
  | { kind: 'figures' }
  | ({ kind: 'stall' } & Stalls)

export interface LoadFigures {
  /** Light jobs done by each worker since measuring began. */
  light: number[]
  pages: number
  eventLoop: EventLoopFigures
}

/** Delays of the event loop, in milliseconds. */
export interface EventLoopFigures {
  p99: number
  max: number
}

export type LoadWord = { kind: 'ready' } | ({ kind: 'figures' } & LoadFigures) | { kind: 'done' }
