import type { ReactNode } from 'react'
import styles from './scroll-region.module.css'

/** What scrolls is a stop of the keyboard, or it could not be scrolled by it. */
const reachable = { tabIndex: 0 } as const

/** Something wider than there may be room for: it scrolls by itself instead of the page. */
export function ScrollRegion({ label, children }: { label: string; children: ReactNode }) {
  return (
    <section {...reachable} className={styles.region} aria-label={label}>
      {children}
    </section>
  )
}
