import { SlidersHorizontal } from 'lucide-react'
import { useEffect, useRef } from 'react'
import { Button, Dialog, DialogTrigger, Popover } from 'react-aria-components'
import { ActivityIcon } from './components/activity-icon.tsx'
import { Brand } from './components/brand.tsx'
import { AppearancePanel } from './features/appearance/appearance-panel.tsx'
import { PauseControl } from './features/pause/pause-control.tsx'
import { useActivitySentence } from './features/status/use-activity-sentence.ts'
import styles from './navigation.module.css'
import { type Route, routes } from './routes.ts'
import { strings } from './strings/index.ts'

/** The side bar; at the foot of a narrow window. */
export function Navigation({ current }: { current: Route }) {
  const list = useRef<HTMLUListElement>(null)
  // In a narrow window the pages are a row that scrolls.
  useEffect(() => {
    const row = list.current
    if (row === null) return
    const show = () =>
      row.querySelector(`[href="#/${current.path}"]`)?.scrollIntoView({ block: 'nearest', inline: 'center' })
    show()
    // What stands beside it comes and goes.
    const observer = new ResizeObserver(show)
    observer.observe(row)
    return () => observer.disconnect()
  }, [current])
  return (
    <nav className={styles.bar} aria-label={strings.app.navigation}>
      <Brand className={styles.brand} />
      <ul className={styles.pages} ref={list}>
        {routes.map(route => (
          <li key={route.path}>
            <a
              className={styles.link}
              href={`#/${route.path}`}
              aria-current={route.path === current.path ? 'page' : undefined}
            >
              <route.icon size={18} strokeWidth={1.75} aria-hidden />
              <span>{route.title()}</span>
            </a>
          </li>
        ))}
      </ul>
      <div className={styles.foot}>
        <StateLine />
        <PauseControl className={styles.more ?? ''} />
        <DialogTrigger>
          <Button className={styles.more ?? ''} aria-label={strings.appearance.open}>
            <SlidersHorizontal size={18} strokeWidth={1.75} aria-hidden />
          </Button>
          <Popover placement="top end" className={styles.popover ?? ''}>
            <Dialog className={styles.dialog ?? ''} aria-label={strings.appearance.open}>
              <AppearancePanel />
            </Dialog>
          </Popover>
        </DialogTrigger>
      </div>
    </nav>
  )
}

function StateLine() {
  const { kind, sentence } = useActivitySentence()
  return (
    <a className={styles.state} href="#/status">
      <ActivityIcon kind={kind} size={16} />
      <span>{sentence}</span>
    </a>
  )
}
