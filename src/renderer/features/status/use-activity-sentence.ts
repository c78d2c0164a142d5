import { activitySentence } from '../../../shared/activity-sentence.ts'
import type { Activity } from '../../../shared/schema/status.ts'
import type { ActivityKind } from '../../components/activity-icon.tsx'
import { useNode } from '../../store/node-context.tsx'
import { strings } from '../../strings/index.ts'
import { useNow } from '../../use-now.ts'

function countsDown({ kind }: Activity): boolean {
  return kind === 'alone' || kind === 'paused' || kind === 'waiting'
}

/** The sentence that says why, with its countdown running, and the kind behind it. */
export function useActivitySentence(): { kind: ActivityKind; sentence: string } {
  const activity = useNode(state => state.status?.activity)
  const served = useNode(state => state.status?.counters.served ?? 0)
  const online = useNode(state => state.link.kind === 'online')
  const now = useNow(online && activity !== undefined && countsDown(activity))
  if (!online || activity === undefined) return { kind: 'offline', sentence: strings.activity.unknown }
  return { kind: activity.kind, sentence: activitySentence({ activity, served }, strings.activity, now) }
}
