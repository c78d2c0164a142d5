import { useNode } from '../../store/node-context.tsx'
import { formatCount } from '../../strings/format.ts'
import { strings } from '../../strings/index.ts'
import styles from './counters.module.css'

const shown = () =>
  [
    { key: 'served', label: strings.status.served, hint: strings.status.servedHint },
    { key: 'pagesRead', label: strings.status.pagesRead, hint: strings.status.pagesReadHint },
    { key: 'requested', label: strings.status.requested, hint: strings.status.requestedHint },
    { key: 'failed', label: strings.status.failed, hint: strings.status.failedHint },
  ] as const

/** What this node did since it started. */
export function Counters() {
  const counters = useNode(state => state.status?.counters)
  return (
    <section aria-label={strings.status.counters}>
      <dl className={styles.counters}>
        {shown().map(({ key, label, hint }) => (
          <div key={key} title={hint}>
            <dt>{label}</dt>
            <dd data-testid={`counter-${key}`}>{formatCount(counters?.[key] ?? 0)}</dd>
          </div>
        ))}
      </dl>
    </section>
  )
}
