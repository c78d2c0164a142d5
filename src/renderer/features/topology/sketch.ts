import type { PathKind } from '../../../shared/schema/primitives.ts'
import type { ItemLook } from './node-look.ts'

/** A node or a group as it is drawn: nothing but what drawing needs, for it is sent to another thread each second. */
export interface Mark {
  readonly id: string
  readonly look: ItemLook
  readonly name: string
  /** World units. */
  readonly size: number
  /** 0 to 1; of a group the mean of those that donate. */
  readonly load: number
  readonly connected: boolean
  /** Does not match what is looked for. */
  readonly faded: boolean
  readonly pinned: boolean
  /** Of a group. */
  readonly members?: { readonly count: number; readonly donating: number }
}

/** The network as it is drawn. */
export interface Sketch {
  readonly marks: readonly Mark[]
  /** For each line the places in `marks` of its two ends, in turn. */
  readonly ends: Uint32Array<ArrayBuffer>
  /** For each line its kind, by the codes below. */
  readonly paths: Uint8Array<ArrayBuffer>
  /** For each line how many connections it stands for. */
  readonly counts: Uint32Array<ArrayBuffer>
}

const codes: Record<PathKind, number> = { local: 0, direct: 1, vpn: 2, tunnel: 3, relay: 4 }
const kinds = Object.keys(codes).filter((kind): kind is PathKind => kind in codes)

export function pathCode(path: PathKind): number {
  return codes[path]
}

/** The kind of a line. */
export function pathAt({ paths }: Sketch, line: number): PathKind {
  return kinds[paths[line] ?? codes.direct] ?? 'direct'
}

/** What can be handed over to another thread without a copy. */
export function buffersOf({ ends, paths, counts }: Sketch): ArrayBuffer[] {
  return [ends.buffer, paths.buffer, counts.buffer]
}
