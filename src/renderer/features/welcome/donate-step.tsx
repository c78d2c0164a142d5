import { HeartHandshake } from 'lucide-react'
import { useState } from 'react'
import { Button } from '../../components/button.tsx'
import { Checkbox } from '../../components/checkbox.tsx'
import { Failure } from '../../components/failure.tsx'
import { useNode } from '../../store/node-context.tsx'
import { strings } from '../../strings/index.ts'
import { ConsentPoints } from '../status/consent-points.tsx'
import styles from './donate-step.module.css'
import { StepFoot } from './step-foot.tsx'
import { useEndOfWelcome } from './use-end-of-welcome.ts'

/** What one agrees to, and the one button. */
export function DonateStep({ onBack }: { onBack: () => void }) {
  const desktop = useNode(state => state.desktop)
  const canAutostart = desktop?.kind === 'app' && desktop.autostart !== 'unavailable'
  const [autostart, setAutostart] = useState(true)
  const { end, ready, error } = useEndOfWelcome()
  const words = strings.welcome
  const donate = () =>
    end(async client => {
      if (canAutostart) await client.desktop.set({ autostart })
      await client.donation.set({ donating: true, consent: true })
    })
  return (
    <>
      <ConsentPoints />
      {canAutostart && (
        <Checkbox isSelected={autostart} onChange={setAutostart}>
          {strings.desktop.autostart}
        </Checkbox>
      )}
      <Failure error={error} />
      <StepFoot onBack={onBack}>
        <Button kind="primary" isDisabled={!ready} onPress={donate}>
          <HeartHandshake size={17} aria-hidden />
          {strings.donate.switch}
        </Button>
      </StepFoot>
      <p className={styles.agree}>{words.agree}</p>
    </>
  )
}
