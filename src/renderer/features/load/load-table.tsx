import type { LoadPoint } from '../../../shared/schema/load.ts'
import { second } from '../../../shared/units.ts'
import { Card } from '../../components/card.tsx'
import { ScrollRegion } from '../../components/scroll-region.tsx'
import { formatClock } from '../../strings/format.ts'
import { strings } from '../../strings/index.ts'
import figures from '../network/figures.module.css'
import { thinned } from './chart-geometry.ts'
import type { LoadChart } from './load-charts.ts'
import styles from './load-page.module.css'

const everyMs = 30 * second

/** The same as the charts in figures, one line for each half minute, the newest first. */
export function LoadTable({ charts, points }: { charts: readonly LoadChart[]; points: readonly LoadPoint[] }) {
  return (
    <Card title={strings.load.lastMinutes}>
      <ScrollRegion label={strings.load.tableLabel}>
        <table className={`${figures.table} ${styles.table}`}>
          <thead>
            <tr>
              <th scope="col">{strings.load.time}</th>
              {charts.flatMap(chart =>
                chart.series.map(({ name }) => (
                  <th key={`${chart.id} ${name}`} scope="col">
                    {chart.series.length > 1 ? name : chart.title}
                  </th>
                )),
              )}
            </tr>
          </thead>
          <tbody>
            {thinned(points, everyMs).map(point => (
              <tr key={point.at}>
                <th scope="row">{formatClock(point.at)}</th>
                {charts.flatMap(chart =>
                  chart.series.map(({ name, value }) => {
                    const known = value(point)
                    return (
                      <td key={`${chart.id} ${name}`}>
                        {known === undefined ? strings.load.unknown : chart.format(known)}
                      </td>
                    )
                  }),
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollRegion>
    </Card>
  )
}
