import { lazy, Suspense, useEffect, useId, useRef, useState } from 'react'
import { Brand } from '../../components/brand.tsx'
import { Button } from '../../components/button.tsx'
import { Failure } from '../../components/failure.tsx'
import { Segments } from '../../components/segments.tsx'
import { strings } from '../../strings/index.ts'
import { languageChoices, useAppearance } from '../appearance/use-appearance.ts'
import { DonateStep } from './donate-step.tsx'
import { LimitsStep } from './limits-step.tsx'
import { MachineStep } from './machine-step.tsx'
import { ServicesStep } from './services-step.tsx'
import { StepFoot } from './step-foot.tsx'
import { useEndOfWelcome } from './use-end-of-welcome.ts'
import styles from './welcome.module.css'

const WelcomeNetwork = lazy(() => import('./welcome-network.tsx'))

const steps = ['machine', 'services', 'limits', 'donate'] as const

/** The first run: what the machine is, what it may do and when, and the one button. Nothing computes before it. */
export default function Welcome() {
  const [at, setAt] = useState(0)
  const { end, ready, error } = useEndOfWelcome()
  const heading = useRef<HTMLHeadingElement>(null)
  const headingId = useId()
  const step = steps[at] ?? 'machine'
  const words = strings.welcome
  // Whoever reads with the ears is told that the step has changed; the first is read as any page is.
  useEffect(() => {
    if (at > 0) heading.current?.focus()
  }, [at])
  const next = () => setAt(at + 1)
  return (
    <div className={styles.welcome}>
      <main className={styles.guide} aria-labelledby={headingId}>
        <header className={styles.top}>
          <Brand />
          <Language />
        </header>
        <ol className={styles.steps} aria-label={words.steps}>
          {steps.map((name, index) => (
            <li key={name} aria-current={index === at ? 'step' : undefined} data-done={index < at || undefined}>
              <span aria-hidden>{index + 1}</span>
              {words.step[name]}
            </li>
          ))}
        </ol>
        <div className={styles.body}>
          <h1 id={headingId} ref={heading} tabIndex={-1}>
            {words.title[step]}
          </h1>
          <p className={styles.lead}>{words.lead[step]}</p>
          {step === 'machine' && <MachineStep />}
          {step === 'services' && <ServicesStep />}
          {step === 'limits' && <LimitsStep onDone={next} onBack={() => setAt(at - 1)} />}
          {step === 'donate' && <DonateStep onBack={() => setAt(at - 1)} />}
          <Failure error={error} />
        </div>
        {(step === 'machine' || step === 'services') && (
          <StepFoot onBack={at > 0 ? () => setAt(at - 1) : undefined}>
            <Button kind="primary" onPress={next}>
              {words.next}
            </Button>
          </StepFoot>
        )}
        <p className={styles.skip}>
          <Button kind="quiet" isDisabled={!ready} onPress={() => end()}>
            {words.skip}
          </Button>
          <span>{words.skipHint}</span>
        </p>
      </main>
      <aside className={styles.network} aria-label={words.network}>
        <Suspense>
          <WelcomeNetwork />
        </Suspense>
      </aside>
    </div>
  )
}

function Language() {
  const { shown, choose, canChoose } = useAppearance()
  return (
    <Segments
      label={strings.appearance.language}
      options={languageChoices()}
      value={shown.language}
      onChange={language => choose({ language })}
      isDisabled={!canChoose}
    />
  )
}
