import type { ReactNode } from 'react'
import styles from './page.module.css'

interface PageProps {
  title: string
  /** Stands at the end of the title's line. */
  tools?: ReactNode
  /** `reading` for one column of text, `wide` for charts side by side. */
  width?: 'reading' | 'standard' | 'wide'
  children: ReactNode
}

/** A page that flows down the window: its title and its cards below each other. */
export function Page({ title, tools, width = 'standard', children }: PageProps) {
  return (
    <div className={styles.page} data-width={width}>
      <header className={styles.header}>
        <h1>{title}</h1>
        {tools}
      </header>
      {children}
    </div>
  )
}

/** Cards in a wider and a narrower column, where there is room for two. */
export function Columns({ main, aside }: { main: ReactNode; aside: ReactNode }) {
  return (
    <div className={styles.columns}>
      <div className={styles.stack}>{main}</div>
      <div className={styles.stack}>{aside}</div>
    </div>
  )
}
