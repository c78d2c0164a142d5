import type { ActivityKind } from '../../components/activity-icon.tsx'

/** What the card says beside the reason; nothing where it is not known what the node does. */
export type DonateNote = 'invitation' | 'thanks' | 'standby'

/** Thanks are for what is being given now, not for a switch that is on. */
export function donateNote(donating: boolean, activity: ActivityKind): DonateNote | undefined {
  if (activity === 'offline') return undefined
  if (!donating) return 'invitation'
  return activity === 'ready' || activity === 'working' ? 'thanks' : 'standby'
}
