import { ProgressBar } from 'react-aria-components'
import styles from './progress.module.css'

interface ProgressProps {
  label: string
  done: number
  /** 0: not known yet. */
  total: number
  /** How far it is, in words. */
  text: string
}

/** How far something long has got. */
export function Progress({ label, done, total, text }: ProgressProps) {
  return (
    <ProgressBar className={styles.progress ?? ''} aria-label={label} value={done} maxValue={Math.max(1, total)}>
      {({ percentage = 0 }) => (
        <>
          <span className={styles.track}>
            <span className={styles.fill} style={{ inlineSize: `${percentage}%` }} />
          </span>
          {text}
        </>
      )}
    </ProgressBar>
  )
}
