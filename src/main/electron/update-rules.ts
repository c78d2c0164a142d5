import type { Update } from '../../shared/schema/desktop.ts'
import { day, type Milliseconds } from '../../shared/units.ts'

/** Somebody always asks a busy node for something: after so long its jobs are finished first, and none taken on. */
const longestWaitMs: Milliseconds = 1 * day

export interface InstallFacts {
  update: Update
  /** How long it has been loaded. */
  readyForMs: Milliseconds
  /** Jobs that wait or run. */
  jobs: number
  /** The owner looks at the app. */
  visible: boolean
  /** Nobody is asked for a password. */
  quiet: boolean
}

/** Whether a loaded update is installed now, without being asked for: it must take nothing from anybody. */
export function installsByItself({ update, readyForMs, jobs, visible, quiet }: InstallFacts): boolean {
  return update.kind === 'ready' && quiet && !visible && (jobs === 0 || readyForMs >= longestWaitMs)
}
