import type { ServiceStatus } from '../../shared/schema/service.ts'
import type { Activity, Status } from '../../shared/schema/status.ts'
import { type Milliseconds, second } from '../../shared/units.ts'
import { strings } from './strings.ts'

/** What the tray icon shows; each has a shape of its own. */
export type TrayKind = 'donating' | 'waiting' | 'paused' | 'connecting' | 'error'

/** What the shell knows of its node. */
export type NodeState =
  | { kind: 'starting' }
  | { kind: 'failed' }
  | { kind: 'running'; status: Pick<Status, 'activity' | 'donating' | 'counters' | 'services'>; knownPeers: number }

export function trayKind(state: NodeState): TrayKind {
  if (state.kind === 'starting') return 'connecting'
  if (state.kind === 'failed') return 'error'
  const { activity, services } = state.status
  if (activity.kind === 'no-service' && services.some(isBroken)) return 'error'
  return kindOfActivity[activity.kind]
}

const kindOfActivity: Record<Activity['kind'], TrayKind> = {
  starting: 'connecting',
  off: 'paused',
  'no-service': 'waiting',
  alone: 'connecting',
  ready: 'donating',
  working: 'donating',
  stopping: 'paused',
}

function isBroken({ enabled, unavailable }: ServiceStatus): boolean {
  return enabled && unavailable?.kind === 'engine-failed'
}

/** The one sentence that says what the node does or why it does nothing. */
export function statusSentence(state: NodeState, now: Milliseconds): string {
  const words = strings.sentence
  if (state.kind === 'starting') return words.starting
  if (state.kind === 'failed') return words.failed
  const { activity, counters } = state.status
  switch (activity.kind) {
    case 'starting':
      return words.starting
    case 'off':
      return words.off
    case 'no-service':
      return words.noService
    case 'alone':
      return activity.nextTryAt === undefined || activity.nextTryAt <= now
        ? words.alone
        : words.aloneNextTry(Math.ceil((activity.nextTryAt - now) / second))
    case 'ready':
      return counters.served === 0 ? words.readyFirst : words.ready
    case 'working':
      return words.working(activity.jobs)
    case 'stopping':
      return words.stopping(activity.jobs)
  }
}
