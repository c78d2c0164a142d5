import { clockTime } from '../../shared/activity-sentence.ts'
import { pauseLengths } from '../../shared/pause-lengths.ts'
import type { GpuPause } from '../../shared/schema/limits.ts'
import type { Activity } from '../../shared/schema/status.ts'
import { hour, type Milliseconds, minute } from '../../shared/units.ts'
import type { MenuRow } from './menu-row.ts'
import type { OwnerWish } from './owner-wish.ts'
import { strings } from './strings.ts'
import type { NodeState } from './tray-state.ts'

type RunningState = Extract<NodeState, { kind: 'running' }>

const words = strings.menu

/** Rows with which the owner says what their machine does, in their fixed order; only verbs that make sense now. */
export function ownerRows(state: NodeState): MenuRow[] {
  if (state.kind !== 'running') return []
  const { activity, donating } = state.status
  return [
    ...(activity.kind === 'stopping'
      ? []
      : [{ kind: 'switch', label: words.donate, on: donating, command: 'toggle-donating' } as const]),
    ...(donating && activity.kind !== 'starting' ? wishRows(state) : []),
  ]
}

function wishRows({ status, gpuPause, now }: RunningState): MenuRow[] {
  const { activity, allowance, capabilities } = status
  const paused = activity.kind === 'paused'
  return [
    ...(paused ? [] : [lengthsRow(words.pauseFor, forMs => ({ kind: 'pause', forMs }))]),
    ...(canWorkAnyway(activity) ? [lengthsRow(words.workAnywayFor, forMs => ({ kind: 'work-anyway', forMs }))] : []),
    ...(paused || activity.kind === 'stopping' ? [action(words.resume, { kind: 'resume' })] : []),
    ...(allowance.hides !== undefined && !paused && activity.kind !== 'stopping'
      ? [action(words.followRules, { kind: 'resume' })]
      : []),
    ...(capabilities.gpus.length > 0 ? [gpuRow(gpuPause, paused, now)] : []),
    ...(hasWork(activity) ? [action(words.finish, { kind: 'finish' })] : []),
  ]
}

/** Heat protects the machine, so no wish of its owner is above it; a pause of the graphics card ends by its own row. */
function canWorkAnyway(activity: Activity): boolean {
  return activity.kind === 'waiting' && activity.reason.kind !== 'hot' && activity.reason.kind !== 'gpu-paused'
}

function hasWork(activity: Activity): boolean {
  return activity.kind === 'working' || (activity.kind === 'waiting' && activity.jobs > 0)
}

function gpuRow(gpuPause: GpuPause | undefined, allPaused: boolean, now: Milliseconds): MenuRow {
  if (gpuPause === undefined)
    return { ...lengthsRow(words.pauseGpu, forMs => ({ kind: 'pause-gpu', forMs })), disabled: allPaused }
  const { until } = gpuPause
  const label =
    until === undefined ? words.resumeGpu : words.resumeGpuUntil({ time: clockTime(until, strings.activity, now) })
  return { ...action(label, { kind: 'resume-gpu' }), disabled: allPaused }
}

function lengthsRow(label: string, wish: (forMs: Milliseconds | undefined) => OwnerWish) {
  return {
    kind: 'menu' as const,
    label,
    rows: pauseLengths.map(forMs => action(forMs === undefined ? words.untilResumed : lengthLabel(forMs), wish(forMs))),
  }
}

function lengthLabel(ms: Milliseconds): string {
  return ms < hour ? words.minutes({ count: ms / minute }) : words.hours({ count: ms / hour })
}

function action(label: string, command: OwnerWish) {
  return { kind: 'action', label, command } as const
}
