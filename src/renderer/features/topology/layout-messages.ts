import type { PlacementInput } from './placement.ts'

/** To the worker: the graph as it stands now. Replaces the one before; known nodes keep their places. */
export interface LayoutRequest extends PlacementInput {
  version: number
  radii: readonly number[]
}

/** From the worker: x and y in turn for each node of the request with this version. */
export interface LayoutPositions {
  version: number
  positions: Float32Array
}
