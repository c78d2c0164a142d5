import { X } from 'lucide-react'
import type { LogEntry } from '../../../shared/schema/log.ts'
import { Button } from '../../components/button.tsx'
import { CopyButton } from '../../components/copy-button.tsx'
import { formatClock, formatDateTime } from '../../strings/format.ts'
import { strings } from '../../strings/index.ts'
import styles from './entry-panel.module.css'
import { LevelMark } from './level-mark.tsx'
import { logsAsText } from './log-filter.ts'

/** One entry in full. */
export function EntryPanel({ entry, onClose }: { entry: LogEntry; onClose: () => void }) {
  const words = strings.logs
  const hasDetails = Object.keys(entry.details).length > 0
  return (
    <section className={styles.panel} aria-label={words.entryTitle({ time: formatClock(entry.time) })}>
      <header className={styles.header}>
        <LevelMark level={entry.level} />
        <span>{entry.component}</span>
        <time dateTime={new Date(entry.time).toISOString()}>{formatDateTime(entry.time)}</time>
        <span className={styles.actions}>
          <CopyButton label={words.copy} text={() => logsAsText([entry])} />
          <Button kind="icon" aria-label={words.closeEntry} onPress={onClose}>
            <X size={16} aria-hidden />
          </Button>
        </span>
      </header>
      <p className={styles.message}>{entry.message}</p>
      <pre className={styles.details}>{hasDetails ? JSON.stringify(entry.details, null, 2) : words.noDetails}</pre>
    </section>
  )
}
