import { activitySentence } from '../../shared/activity-sentence.ts'
import type { Update } from '../../shared/schema/desktop.ts'
import type { GpuPause } from '../../shared/schema/limits.ts'
import type { ServiceStatus } from '../../shared/schema/service.ts'
import type { Activity, Status } from '../../shared/schema/status.ts'
import type { Milliseconds } from '../../shared/units.ts'
import { strings } from './strings.ts'

/** What the tray icon shows; each has a shape of its own. */
export type TrayKind = 'donating' | 'waiting' | 'paused' | 'connecting' | 'error'

/** What the shell knows of its node. */
export type NodeState =
  | { kind: 'starting' }
  | { kind: 'failed' }
  /** Jobs are finished, then the app ends. */
  | { kind: 'quitting'; jobs: number }
  | {
      kind: 'running'
      /** When it was looked at. */
      now: Milliseconds
      status: Pick<Status, 'activity' | 'allowance' | 'capabilities' | 'donating' | 'counters' | 'services'>
      /** The owner's pause of graphics cards alone. */
      gpuPause?: GpuPause | undefined
      knownPeers: number
      update: Update
      safeMode: boolean
    }

export function trayKind(state: NodeState): TrayKind {
  if (state.kind === 'starting') return 'connecting'
  if (state.kind === 'failed') return 'error'
  if (state.kind === 'quitting') return 'waiting'
  const { activity, services } = state.status
  if (activity.kind === 'no-service' && services.some(isBroken)) return 'error'
  return kindOfActivity[activity.kind]
}

const kindOfActivity: Record<Activity['kind'], TrayKind> = {
  starting: 'connecting',
  off: 'paused',
  paused: 'paused',
  waiting: 'waiting',
  'no-service': 'waiting',
  alone: 'connecting',
  ready: 'donating',
  working: 'donating',
  stopping: 'paused',
}

function isBroken({ enabled, unavailable }: ServiceStatus): boolean {
  return enabled && unavailable?.kind === 'engine-failed'
}

/**
 * The sentence that says what the node does or why it does nothing. It names no seconds: a menu that is open does not
 * count down, and one that is replaced each second cannot be used.
 */
export function statusSentence(state: NodeState): string {
  if (state.kind === 'starting') return strings.activity.starting
  if (state.kind === 'failed') return strings.failed
  if (state.kind === 'quitting') return state.jobs === 0 ? strings.stopping : strings.quitting({ jobs: state.jobs })
  const { activity, counters } = state.status
  return activitySentence({ activity, served: counters.served }, strings.activity, state.now, { still: true })
}
