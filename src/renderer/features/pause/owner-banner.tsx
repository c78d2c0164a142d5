import { CirclePause, TriangleAlert } from 'lucide-react'
import { reasonSentence } from '../../../shared/reason-sentence.ts'
import { Button } from '../../components/button.tsx'
import { useAction } from '../../components/use-action.ts'
import { useNode } from '../../store/node-context.tsx'
import { strings } from '../../strings/index.ts'
import { useActivitySentence } from '../status/use-activity-sentence.ts'
import styles from './owner-banner.module.css'

/** Says that a pause holds, with its countdown, or that the owner's rules are hidden; with the way back. */
export function OwnerBanner() {
  const paused = useNode(state => state.status?.activity.kind === 'paused')
  const hides = useNode(state => state.status?.allowance.hides)
  const { sentence } = useActivitySentence()
  const { run, busy } = useAction()
  const words = strings.pause
  if (!paused && hides === undefined) return null
  const Icon = paused ? CirclePause : TriangleAlert
  return (
    <div className={styles.banner} role="status" data-testid="owner-banner">
      <Icon size={16} aria-hidden />
      <p>
        {paused || hides === undefined ? (
          // A countdown that is read out each second says nothing else any more.
          <>
            <span className={styles.readOut}>{words.paused}</span>
            <span aria-hidden>{sentence}</span>
          </>
        ) : (
          words.anyway({ rule: reasonSentence(hides, strings.activity.reasons) })
        )}
      </p>
      <Button kind="quiet" isDisabled={busy} onPress={() => run(client => client.donation.resume())}>
        {paused ? words.resume : words.followRules}
      </Button>
    </div>
  )
}
