import type { GpuPause } from '../../../../shared/schema/limits.ts'
import type { Milliseconds } from '../../../../shared/units.ts'
import type { Finding } from '../hold.ts'
import { atOnce, type Rule } from '../rule.ts'

const always = { overridable: false, times: () => atOnce, needs: () => undefined } as const

/** Donate Compute is off. */
export const off: Rule = {
  ...always,
  target: 'all',
  mode: 'halt',
  judge: ({ wishes }) => (wishes.donating ? undefined : { reason: { kind: 'off' } }),
}

/** The owner wants to stop once what runs is done. */
export const finishing: Rule = {
  ...always,
  target: 'all',
  mode: 'drain',
  judge: ({ wishes }) => (wishes.finishing ? { reason: { kind: 'finishing' } } : undefined),
}

/** The owner has paused for a while. */
export const paused: Rule = {
  ...always,
  target: 'all',
  mode: 'halt',
  judge({ wishes: { override }, now }): Finding | undefined {
    return override?.kind === 'pause' ? pausedNow('paused', override, now) : undefined
  },
}

/** The owner has paused graphics cards alone. */
export const gpuPaused: Rule = {
  ...always,
  target: 'gpu',
  mode: 'halt',
  judge: ({ wishes: { gpuPause }, now }) =>
    gpuPause === undefined ? undefined : pausedNow('gpu-paused', gpuPause, now),
}

function pausedNow(kind: 'paused' | 'gpu-paused', { until }: GpuPause, now: Milliseconds): Finding | undefined {
  if (until === undefined) return { reason: { kind } }
  return now < until ? { reason: { kind, until }, until } : undefined
}
