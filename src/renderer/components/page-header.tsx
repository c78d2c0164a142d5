import type { ReactNode } from 'react'
import styles from './page-header.module.css'

/** Title of a page that fills the window, with its tools. */
export function PageHeader({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <header className={styles.header}>
      <h1>{title}</h1>
      {children}
    </header>
  )
}
