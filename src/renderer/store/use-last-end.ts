import type { Milliseconds } from '../../shared/units.ts'
import { useNode } from './node-context.tsx'

/** When the newest of the jobs that are over ended: what is counted of jobs is asked for anew with each. */
export function useLastEnd(): Milliseconds | undefined {
  return useNode(({ jobs }) => jobs?.find(({ finishedAt }) => finishedAt !== undefined)?.finishedAt)
}
