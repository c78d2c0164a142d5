import { formatNumber } from './report.ts'

/** What a figure has to be. */
export type Target = { atMost: number } | { atLeast: number }
export type Targets = Readonly<Record<string, Target>>

/** A metric beside its target. */
export interface Verdict {
  metric: string
  target: Target
  /** Undefined where the run did not measure it. */
  measured: number | undefined
  met: boolean
}

/** Compares what was measured with what was to be reached, in the order of the targets. What was not measured is not met. */
export function judge(metrics: Readonly<Record<string, number>>, targets: Targets): Verdict[] {
  return Object.entries(targets).map(([metric, target]) => {
    const measured = metrics[metric]
    const met = measured !== undefined && ('atMost' in target ? measured <= target.atMost : measured >= target.atLeast)
    return { metric, target, measured, met }
  })
}

export function formatTarget(target: Target): string {
  return 'atMost' in target ? `≤ ${formatNumber(target.atMost)}` : `≥ ${formatNumber(target.atLeast)}`
}
