import type { ReactNode } from 'react'
import styles from './scroll-region.module.css'

/** What scrolls is a stop of the keyboard, or it could not be scrolled by it. */
const reachable = { tabIndex: 0 } as const

const toEnd = (element: HTMLElement | null) => {
  if (element !== null) element.scrollLeft = element.scrollWidth
}

interface ScrollRegionProps {
  label: string
  /** What counts most is at its end, so that is shown first. */
  fromEnd?: boolean
  children: ReactNode
}

/** Something wider than there may be room for: it scrolls by itself instead of the page. */
export function ScrollRegion({ label, fromEnd = false, children }: ScrollRegionProps) {
  return (
    <section {...reachable} className={styles.region} aria-label={label} ref={fromEnd ? toEnd : null}>
      {children}
    </section>
  )
}
