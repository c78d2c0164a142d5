import type { ReactNode } from 'react'
import { Button } from '../../components/button.tsx'
import { strings } from '../../strings/index.ts'
import styles from './step-foot.module.css'

/** The way back, where there is one, and on. */
export function StepFoot({ onBack, children }: { onBack: (() => void) | undefined; children: ReactNode }) {
  return (
    <footer className={styles.foot}>
      {onBack !== undefined && <Button onPress={onBack}>{strings.welcome.back}</Button>}
      {children}
    </footer>
  )
}
