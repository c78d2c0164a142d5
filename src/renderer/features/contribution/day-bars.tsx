import { BarChart, BarSample } from '../../components/bar-chart.tsx'
import { formatCount, formatDay, formatWeekday } from '../../strings/format.ts'
import { strings } from '../../strings/index.ts'
import { serviceName } from '../../strings/service-name.ts'
import styles from './day-bars.module.css'
import type { DayBar } from './days.ts'

const words = strings.contribution

interface DayBarsProps {
  bars: readonly DayBar[]
  /** In the order they are stacked. */
  services: readonly string[]
}

/** Requests by day, each bar stacked by service; the same figures as a table for those who cannot see it. */
export function DayBars({ bars, services }: DayBarsProps) {
  const isWeek = bars.length <= 7
  return (
    <figure className={styles.figure}>
      <BarChart
        height="tall"
        bars={bars.map(({ day, jobs, byService }, index) => ({
          key: day,
          parts: byService.map(part => ({ shade: services.indexOf(part.service), amount: part.jobs })),
          hint: words.bar({ day: formatDay(day), count: jobs }),
          above: isWeek && jobs > 0 ? formatCount(jobs) : undefined,
          below: isWeek ? formatWeekday(day) : <WeekLabel day={day} daysBack={bars.length - 1 - index} />,
        }))}
      />
      <figcaption className={styles.legend} aria-hidden="true">
        {services.map((service, index) => (
          <span key={service}>
            <BarSample shade={index} />
            {serviceName(service)}
          </span>
        ))}
      </figcaption>
      <table className="unseen">
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

/** The date under every seventh bar, the last one among them; where they would touch, under every fourteenth. */
function WeekLabel({ day, daysBack }: { day: string; daysBack: number }) {
  if (daysBack % 7 !== 0) return null
  return <span className={daysBack % 14 === 0 ? undefined : styles.between}>{formatDay(day)}</span>
}
