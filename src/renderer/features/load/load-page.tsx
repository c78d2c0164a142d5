import { useState } from 'react'
import { Failure } from '../../components/failure.tsx'
import { Page } from '../../components/page.tsx'
import { Segments } from '../../components/segments.tsx'
import { useNode } from '../../store/node-context.tsx'
import { strings } from '../../strings/index.ts'
import { HoursCard } from './hours-card.tsx'
import { LiveChart } from './live-chart.tsx'
import { loadCharts } from './load-charts.ts'
import styles from './load-page.module.css'
import { LoadTable } from './load-table.tsx'
import { useLoadPoints } from './use-load-points.ts'

type Form = 'charts' | 'table'

/** How busy this machine and its node are and were. */
export default function LoadPage() {
  const [form, setForm] = useState<Form>('charts')
  const { points, error } = useLoadPoints()
  const load = useNode(state => state.status?.load)
  const charts = loadCharts({ cards: load?.cards ?? [], memoryTotalMiB: load?.memoryTotalMiB ?? 0 })
  const choices = [
    { id: 'charts', label: strings.load.charts },
    { id: 'table', label: strings.load.table },
  ] as const satisfies readonly { id: Form; label: string }[]
  return (
    <Page
      width="wide"
      title={strings.page.load}
      tools={<Segments label={strings.load.form} options={choices} value={form} onChange={setForm} />}
    >
      <Failure what={strings.load.failed} error={error} />
      {points === undefined ? (
        <output className={styles.loading}>{strings.app.loadingPage}</output>
      ) : form === 'table' ? (
        <LoadTable charts={charts} points={points} />
      ) : (
        <section className={styles.charts} aria-label={strings.load.lastMinutes}>
          {charts.map(chart => (
            <LiveChart key={chart.id} chart={chart} points={points} />
          ))}
        </section>
      )}
      <HoursCard asTable={form === 'table'} />
    </Page>
  )
}
