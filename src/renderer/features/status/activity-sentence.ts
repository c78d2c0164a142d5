import type { Activity } from '../../../shared/schema/status.ts'
import type { Milliseconds } from '../../../shared/units.ts'
import { secondsUntil } from '../../strings/format.ts'
import { strings } from '../../strings/index.ts'

/** The one sentence that says what the node does and why. `served`: requests served since the start. */
export function activitySentence(activity: Activity, served: number, now: Milliseconds): string {
  const words = strings.activity
  switch (activity.kind) {
    case 'starting':
      return words.starting
    case 'off':
      return words.off
    case 'no-service':
      return words.noService
    case 'alone': {
      if (activity.nextTryAt === undefined) return words.alone
      const seconds = secondsUntil(activity.nextTryAt, now)
      return seconds === 0 ? words.aloneTrying : words.aloneNextTry(seconds)
    }
    case 'ready':
      return served === 0 ? words.readyFirst : words.ready
    case 'working':
      return words.working(activity.jobs)
    case 'stopping':
      return words.stopping(activity.jobs)
  }
}
