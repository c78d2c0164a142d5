import { formatCount, formatDay, formatWeekday } from '../../strings/format.ts'
import { strings } from '../../strings/index.ts'
import { serviceName } from '../../strings/service-name.ts'
import styles from './day-bars.module.css'
import type { DayBar } from './days.ts'

const words = strings.contribution
/** Colours there are; services beyond them share the last. */
const shades = 4

interface DayBarsProps {
  bars: readonly DayBar[]
  /** In the order they are stacked. */
  services: readonly string[]
}

/** Requests by day, each bar stacked by service; the same figures as a table for those who cannot see it. */
export function DayBars({ bars, services }: DayBarsProps) {
  const most = Math.max(1, ...bars.map(bar => bar.jobs))
  const shade = (service: string) => Math.min(shades - 1, services.indexOf(service))
  return (
    <figure className={styles.figure}>
      <div className={styles.chart} aria-hidden="true">
        {bars.map(({ day, jobs, byService }, index) => (
          <div key={day} className={styles.day} title={words.bar({ day: formatDay(day), count: jobs })}>
            <span className={styles.count}>{bars.length <= 7 && jobs > 0 ? formatCount(jobs) : ''}</span>
            <div className={styles.space}>
              <div className={styles.bar} style={{ height: `${(100 * jobs) / most}%` }}>
                {byService.map(part => (
                  <div key={part.service} data-shade={shade(part.service)} style={{ flexGrow: part.jobs }} />
                ))}
              </div>
            </div>
            <span className={styles.label}>
              {bars.length <= 7 ? formatWeekday(day) : index % 7 === (bars.length - 1) % 7 ? formatDay(day) : ''}
            </span>
          </div>
        ))}
      </div>
      <figcaption className={styles.legend} aria-hidden="true">
        {services.map(service => (
          <span key={service}>
            <i data-shade={shade(service)} />
            {serviceName(service)}
          </span>
        ))}
      </figcaption>
      <table className={styles.table}>
        <caption>{words.byDay}</caption>
        <thead>
          <tr>
            <th scope="col">{words.day}</th>
            {services.map(service => (
              <th key={service} scope="col">
                {serviceName(service)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {bars
            .filter(bar => bar.jobs > 0)
            .map(({ day, byService }) => (
              <tr key={day}>
                <th scope="row">{formatDay(day)}</th>
                {services.map(service => (
                  <td key={service}>{byService.find(part => part.service === service)?.jobs ?? 0}</td>
                ))}
              </tr>
            ))}
        </tbody>
      </table>
    </figure>
  )
}
