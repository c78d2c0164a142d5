import { Clock } from 'lucide-react'
import { useState } from 'react'
import { hour } from '../../../shared/units.ts'
import { BarChart, BarSample } from '../../components/bar-chart.tsx'
import { Card } from '../../components/card.tsx'
import { EmptyState } from '../../components/empty-state.tsx'
import { Failure } from '../../components/failure.tsx'
import { ScrollRegion } from '../../components/scroll-region.tsx'
import { useAnswer } from '../../components/use-answer.ts'
import type { NodeClient } from '../../connection/node-client.ts'
import { useLastEnd } from '../../store/use-last-end.ts'
import { formatBytes, formatCount, formatTime } from '../../strings/format.ts'
import { strings } from '../../strings/index.ts'
import { useNow } from '../../use-now.ts'
import figures from '../network/figures.module.css'
import { type HourBar, hourBars, lastHours } from './hours.ts'
import styles from './hours-card.module.css'
import page from './load-page.module.css'

/** What ended in each of the last 24 hours, from the ledger. */
export function HoursCard({ asTable }: { asTable: boolean }) {
  const ended = useLastEnd()
  const thisHour = Math.floor(useNow() / hour)
  const [ask] = useState(() => async (client: NodeClient) => {
    const span = lastHours(new Date())
    return hourBars((await client.ledger.hours(span)).hours, span)
  })
  const { value: bars, error } = useAnswer(ask, `${ended} ${thisHour}`)
  const words = strings.load.hours
  const total = bars?.reduce((sum, bar) => sum + bar.served + bar.requested, 0)
  return (
    <Card title={words.title}>
      <Failure what={words.failed} error={error} />
      {bars === undefined && error === undefined && <output className={page.loading}>{strings.app.loadingPage}</output>}
      {total === 0 && <EmptyState icon={Clock} title={words.empty} hint={words.emptyHint} />}
      {bars !== undefined && total !== 0 && (asTable ? <HoursTable bars={bars} /> : <HourCharts bars={bars} />)}
    </Card>
  )
}

function HourCharts({ bars }: { bars: readonly HourBar[] }) {
  const words = strings.load.hours
  const jobs = bars.reduce((sum, bar) => sum + bar.served + bar.requested, 0)
  const bytes = bars.reduce((sum, bar) => sum + bar.bytes, 0)
  return (
    <div className={styles.charts}>
      <figure className={styles.figure}>
        <figcaption className={styles.caption}>
          <span>{words.requests}</span>
          <b>{formatCount(jobs)}</b>
          <span className={styles.legend} aria-hidden>
            <BarSample shade={0} />
            {words.served}
            <BarSample shade={1} />
            {words.requested}
          </span>
        </figcaption>
        <BarChart
          height="low"
          label={words.requestsLabel({ count: jobs })}
          bars={bars.map(({ from, served, requested, failed }, index) => ({
            key: from,
            parts: [
              { shade: 0, amount: served },
              { shade: 1, amount: requested },
            ],
            hint: words.bar({ hour: formatTime(from), served, requested, failed }),
            below: hourBelow(from, index),
          }))}
        />
      </figure>
      <figure className={styles.figure}>
        <figcaption className={styles.caption}>
          <span>{words.data}</span>
          <b>{formatBytes(bytes)}</b>
        </figcaption>
        <BarChart
          height="low"
          label={words.dataLabel({ bytes: formatBytes(bytes) })}
          format={formatBytes}
          bars={bars.map((bar, index) => ({
            key: bar.from,
            parts: [{ shade: 0, amount: bar.bytes }],
            hint: words.dataBar({ hour: formatTime(bar.from), bytes: formatBytes(bar.bytes) }),
            below: hourBelow(bar.from, index),
          }))}
        />
      </figure>
    </div>
  )
}

/** The hour under every sixth bar, the last one among them. */
const hourBelow = (from: number, index: number) => (index % 6 === 5 ? formatTime(from) : undefined)

function HoursTable({ bars }: { bars: readonly HourBar[] }) {
  const words = strings.load.hours
  return (
    <ScrollRegion label={words.tableLabel}>
      <table className={`${figures.table} ${page.table}`}>
        <thead>
          <tr>
            <th scope="col">{words.hour}</th>
            <th scope="col">{words.served}</th>
            <th scope="col">{words.requested}</th>
            <th scope="col">{words.failedJobs}</th>
            <th scope="col">{words.data}</th>
          </tr>
        </thead>
        <tbody>
          {bars.toReversed().map(({ from, served, requested, failed, bytes }) => (
            <tr key={from}>
              <th scope="row">{formatTime(from)}</th>
              <td>{formatCount(served)}</td>
              <td>{formatCount(requested)}</td>
              <td>{formatCount(failed)}</td>
              <td>{formatBytes(bytes)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollRegion>
  )
}
