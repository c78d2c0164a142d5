import type { ReactNode } from 'react'
import styles from './badge.module.css'

type Tone = 'neutral' | 'good' | 'warn' | 'bad' | 'accent'

/** A word in a small box. The word carries the meaning; the tone only helps to find it. */
export function Badge({ tone = 'neutral', title, children }: { tone?: Tone; title?: string; children: ReactNode }) {
  return (
    <span className={styles.badge} data-tone={tone} title={title}>
      {children}
    </span>
  )
}
