import { ScrollRegion } from '../../components/scroll-region.tsx'
import { formatDay, formatMonth } from '../../strings/format.ts'
import { strings } from '../../strings/index.ts'
import styles from './calendar.module.css'
import { type DayBar, shadeOf } from './days.ts'

const words = strings.contribution

/** A year of days, a column for each week, darker the more was done. */
export function Calendar({ bars }: { bars: readonly DayBar[] }) {
  const most = Math.max(0, ...bars.map(bar => bar.jobs))
  const first = new Date(`${bars[0]?.day}T12:00`)
  // Weeks begin on Monday.
  const lead = (first.getDay() + 6) % 7
  const active = bars.filter(bar => bar.jobs > 0).length
  return (
    <figure className={styles.figure}>
      <ScrollRegion label={words.span.year} fromEnd>
        <div className={styles.calendar} role="img" aria-label={words.calendarLabel({ active, days: bars.length })}>
          {bars.map(({ day, jobs }, index) => (
            <span
              key={day}
              className={styles.day}
              data-shade={shadeOf(jobs, most)}
              style={{ gridColumn: Math.floor((lead + index) / 7) + 1, gridRow: ((lead + index) % 7) + 2 }}
              title={words.bar({ day: formatDay(day), count: jobs })}
            />
          ))}
          {bars.map(
            ({ day }, index) =>
              day.endsWith('-01') && (
                <span
                  key={`month ${day}`}
                  className={styles.month}
                  style={{ gridColumn: Math.floor((lead + index) / 7) + 1, gridRow: 1 }}
                >
                  {formatMonth(day)}
                </span>
              ),
          )}
        </div>
      </ScrollRegion>
      <figcaption className={styles.legend} aria-hidden="true">
        {words.less}
        {[0, 1, 2, 3, 4].map(shade => (
          <span key={shade} className={styles.day} data-shade={shade} />
        ))}
        {words.more}
      </figcaption>
    </figure>
  )
}
