import {
  CircleCheck,
  CircleDashed,
  CirclePause,
  CirclePower,
  Hourglass,
  LoaderCircle,
  Unplug,
  WifiOff,
} from 'lucide-react'
import type { Activity } from '../../shared/schema/status.ts'
import styles from './activity-icon.module.css'

/** What the node does; `offline` while the page has no line to it. */
export type ActivityKind = Activity['kind'] | 'offline'

const icons = {
  starting: CircleDashed,
  off: CirclePower,
  paused: CirclePause,
  waiting: Hourglass,
  'no-service': Hourglass,
  alone: WifiOff,
  ready: CircleCheck,
  working: LoaderCircle,
  stopping: Hourglass,
  offline: Unplug,
} as const satisfies Record<ActivityKind, typeof CircleCheck>

/** Differs in shape as well as in colour. The words beside it say the same. */
export function ActivityIcon({ kind, size = 18 }: { kind: ActivityKind; size?: number }) {
  const Icon = icons[kind]
  return <Icon className={styles.icon} data-kind={kind} size={size} strokeWidth={2} aria-hidden />
}
