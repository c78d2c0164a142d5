import { useId, useState } from 'react'
import { ActivityIcon } from '../../components/activity-icon.tsx'
import { Failure } from '../../components/failure.tsx'
import { Switch } from '../../components/switch.tsx'
import { useAction } from '../../components/use-action.ts'
import { useNode } from '../../store/node-context.tsx'
import { strings } from '../../strings/index.ts'
import { ConsentDialog } from './consent-dialog.tsx'
import styles from './donate-card.module.css'
import { donateNote } from './donate-note.ts'
import { useActivitySentence } from './use-activity-sentence.ts'

/** The big switch, and the one sentence that says why something runs or does not. */
export function DonateCard() {
  const donating = useNode(state => state.status?.donating ?? false)
  const consent = useNode(state => state.status?.consent ?? false)
  const { kind, sentence } = useActivitySentence()
  const { run, ready, error } = useAction()
  const [asking, setAsking] = useState(false)
  const labelId = useId()
  const note = donateNote(donating, kind)

  const change = (wanted: boolean) => {
    if (wanted && !consent) setAsking(true)
    else run(client => client.donation.set({ donating: wanted }))
  }
  const accept = async () => {
    setAsking(false)
    await run(client => client.donation.set({ donating: true, consent: true }))
  }
  return (
    <section className={styles.card} data-on={note === 'thanks' || undefined} aria-labelledby={labelId}>
      <div className={styles.words}>
        <h2 id={labelId}>{strings.donate.switch}</h2>
        <p className={styles.sentence} aria-live="polite" data-testid="activity">
          <ActivityIcon kind={kind} />
          <span>{sentence}</span>
        </p>
        {note !== undefined && <p className={styles.note}>{strings.donate[note]}</p>}
        <Failure what={strings.donate.failed} error={error} />
      </div>
      <div className={styles.control}>
        <span className={styles.onOff} aria-hidden="true">
          {donating ? strings.donate.on : strings.donate.off}
        </span>
        <Switch size="large" aria-labelledby={labelId} isSelected={donating} onChange={change} isDisabled={!ready} />
      </div>
      <ConsentDialog isOpen={asking} onAccept={accept} onDecline={() => setAsking(false)} />
    </section>
  )
}
